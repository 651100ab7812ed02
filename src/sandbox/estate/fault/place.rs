//! Whether there is what a fault is to strike.

use super::super::checked::unknown_region;
use super::{AccountSet, At, FaultFile, Organization, Problem, one_of};
use crate::sandbox::faults::Kind;
use crate::sandbox::pattern::glob_matches;
use crate::sandbox::service::Service;

/// Refuses a fault that would never strike.
pub(super) fn check(
    file: &FaultFile,
    accounts: &[AccountSet],
    organization: Option<&Organization>,
) -> Result<(), Problem> {
    check_operation(file)?;
    check_account(file.account.as_ref(), accounts)?;
    check_region(file.region.as_ref(), accounts)?;
    check_resources(file)?;
    match *file.kind {
        Kind::DeniedByScp => check_scp(file, accounts, organization),
        Kind::MissingMarker if file.service != Some(Service::Kms) => Err(Problem::new(
            file.kind.span(),
            "only kms says Truncated beside its marker; use \"endless-marker\" or \"empty-page-truncated\", or service \
             = \"kms\"",
        )),
        _ => Ok(()),
    }
}

fn check_operation(file: &FaultFile) -> Result<(), Problem> {
    let Some(operation) = &file.operation else {
        return Ok(());
    };
    let Some(service) = file.service else {
        let what = "an operation is one of a service; add one, such as service = \"kms\"";
        return Err(Problem::new(operation.span(), what));
    };
    if service.operations().contains(&operation.as_str()) {
        return Ok(());
    }
    let known = one_of(service.operations().iter().copied());
    let what = format!(
        "{} has no operation `{}` here; use {known}",
        service.action_prefix(),
        **operation
    );
    Err(Problem::new(operation.span(), what))
}

fn check_account(account: Option<&At<String>>, accounts: &[AccountSet]) -> Result<(), Problem> {
    let Some(glob) = account else {
        return Ok(());
    };
    if ids(accounts).any(|id| glob_matches(glob, &id)) {
        return Ok(());
    }
    let what = format!(
        "no account of this estate is called `{}`; use an id of it, or `*`",
        **glob
    );
    Err(Problem::new(glob.span(), what))
}

fn ids(accounts: &[AccountSet]) -> impl Iterator<Item = String> {
    accounts.iter().flat_map(|set| set.accounts().map(|account| account.id))
}

fn check_region(region: Option<&At<String>>, accounts: &[AccountSet]) -> Result<(), Problem> {
    let Some(region) = region else {
        return Ok(());
    };
    let mut regions = accounts.iter().flat_map(|set| &set.regions);
    if regions.clone().any(|known| known.name == **region) {
        return Ok(());
    }
    Err(unknown_region(region, &mut regions))
}

fn check_resources(file: &FaultFile) -> Result<(), Problem> {
    let not = |service: Service| file.service.is_some_and(|named| named != service);
    if let Some(key) = file.key.as_ref().filter(|_| not(Service::Kms)) {
        return Err(Problem::new(
            key.span(),
            "only a fault of kms can name a key; remove `key` or use service = \"kms\"",
        ));
    }
    let Some(bucket) = &file.bucket else {
        return Ok(());
    };
    if not(Service::S3) {
        return Err(Problem::new(
            bucket.span(),
            "only a fault of s3 can name a bucket; remove `bucket` or use service = \"s3\"",
        ));
    }
    if file.key.is_some() {
        return Err(Problem::new(
            bucket.span(),
            "no call is about a key and a bucket; use two faults",
        ));
    }
    Ok(())
}

/// A service control policy needs an organization, and strikes its members only.
fn check_scp(
    file: &FaultFile,
    accounts: &[AccountSet],
    organization: Option<&Organization>,
) -> Result<(), Problem> {
    let Some(organization) = organization else {
        return Err(Problem::new(
            file.kind.span(),
            "service control policies are an organization's: add an [organization] section, or use kind = \"error\"",
        ));
    };
    if let Some(operation) = file
        .operation
        .as_ref()
        .filter(|name| *name.as_str() == *"GetCallerIdentity")
    {
        return Err(Problem::new(
            operation.span(),
            "no policy can deny sts:GetCallerIdentity; remove the fault, or use kind = \"error\"",
        ));
    }
    let management = &organization.management_account;
    let is_struck = |id: &str| {
        let glob = file.account.as_ref();
        id != management && glob.is_none_or(|glob| glob_matches(glob, id))
    };
    if ids(accounts).any(|id| is_struck(&id)) {
        return Ok(());
    }
    let at = file.account.as_ref().map_or(file.kind.span(), |account| account.span());
    let what = format!(
        "service control policies never apply to the management account, {management}; name a member account, or use \
         kind = \"error\""
    );
    Err(Problem::new(at, what))
}
