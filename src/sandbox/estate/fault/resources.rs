//! Whether there are the keys and buckets that a fault is to strike.

use super::{At, FaultFile, Problem, Scene};
use crate::sandbox::pattern::glob_matches;
use crate::sandbox::service::Service;

/// Refuses the name of a key or bucket that no call is about.
pub(super) fn check(file: &FaultFile, scene: &Scene<'_>) -> Result<(), Problem> {
    if let Some(key) = &file.key {
        check_service(file, key, Service::Kms, "key")?;
        if !any_key_is_called(file, scene, key) {
            let what = format!(
                "no key that this fault could strike is called `{}`; use an id, an ARN or an alias of this estate, with \
                 * for any text",
                **key
            );
            return Err(Problem::new(key.span(), what));
        }
    }
    let Some(bucket) = &file.bucket else {
        return Ok(());
    };
    check_service(file, bucket, Service::S3, "bucket")?;
    if file.key.is_some() {
        return Err(Problem::new(
            bucket.span(),
            "no call is about a key and a bucket; use two faults",
        ));
    }
    if any_bucket_is_called(scene, bucket) {
        return Ok(());
    }
    let what = format!(
        "no bucket of this estate is called `{}`; use the name of one, with * for any text",
        **bucket
    );
    Err(Problem::new(bucket.span(), what))
}

/// Only some calls of one service are about a key, or a bucket.
fn check_service(file: &FaultFile, name: &At<String>, service: Service, thing: &str) -> Result<(), Problem> {
    let prefix = service.action_prefix();
    if file.service.is_some_and(|named| named != service) {
        let what =
            format!("only a fault of {prefix} can name a {thing}; remove `{thing}` or use service = \"{prefix}\"");
        return Err(Problem::new(name.span(), what));
    }
    match &file.operation {
        Some(operation) if !service.is_about_one_resource(operation) => {
            let what = format!(
                "{prefix}:{} is about no single {thing}; remove `{thing}`, or use another operation",
                **operation
            );
            Err(Problem::new(name.span(), what))
        }
        _ => Ok(()),
    }
}

/// Whether a call can be about a key of that name, with the credentials and in the Region that the fault strikes.
fn any_key_is_called(file: &FaultFile, scene: &Scene<'_>, glob: &str) -> bool {
    let is_here = |name: &str| file.region.as_ref().is_none_or(|region| **region == *name);
    scene.accounts.iter().any(|set| {
        let mut accounts = set
            .accounts()
            .filter(|account| scene.strikes(file, &account.id))
            .peekable();
        if accounts.peek().is_none() {
            return false;
        }
        let regions = || {
            set.regions
                .iter()
                .filter(|region| region.enabled && is_here(&region.name))
        };
        // Accounts that are alike have the same aliases, and ids of their own.
        regions().any(|region| region.keys.any_alias_matches(glob))
            || accounts.any(|account| {
                regions().any(|region| {
                    let keys = region.keys.of(&account.id, scene.partition, &region.name);
                    keys.any_id_matches(glob)
                })
            })
    })
}

/// Whether there is a bucket of that name. Whoever asks, and wherever, the call is about it.
fn any_bucket_is_called(scene: &Scene<'_>, glob: &str) -> bool {
    let mut accounts = scene.accounts.iter().flat_map(|set| set.accounts());
    accounts.any(|account| {
        let mut buckets = account.set.buckets.all().iter();
        buckets.any(|bucket| glob_matches(glob, &bucket.name(&account)))
    })
}
