//! The faults of an estate.

use super::checked::unknown_region;
use super::file::{At, FaultFile};
use super::{AccountSet, Problem, one_of};
use crate::sandbox::faults::{Fault, Kind};
use crate::sandbox::pattern::glob_matches;
use crate::sandbox::service::Service;

pub(super) fn fault(file: FaultFile, accounts: &[AccountSet]) -> Result<Fault, Problem> {
    let FaultFile {
        service,
        operation,
        account,
        region,
        key,
        bucket,
        kind,
        code,
        status,
        message,
        ms,
        times,
    } = file;
    if let Some(operation) = &operation
        && !service.operations().contains(&operation.as_str())
    {
        let known = one_of(service.operations().iter().copied());
        return Err(Problem::new(
            operation.span(),
            format!(
                "{} has no operation `{}` here; use {known}",
                service.action_prefix(),
                **operation
            ),
        ));
    }
    check_place(account.as_ref(), region.as_ref(), accounts)?;
    if let Some(key) = key.as_ref().filter(|_| service != Service::Kms) {
        return Err(Problem::new(
            key.span(),
            "only a fault of kms can name a key; remove `key` or use service = \"kms\"",
        ));
    }
    if let Some(bucket) = bucket.as_ref().filter(|_| service != Service::S3) {
        return Err(Problem::new(
            bucket.span(),
            "only a fault of s3 can name a bucket; remove `bucket` or use service = \"s3\"",
        ));
    }
    if let Some(status) = status.as_ref().filter(|status| !(200..600).contains(&***status)) {
        return Err(Problem::new(status.span(), "a status is a number from 200 to 599"));
    }
    match *kind {
        Kind::Delay if ms.is_none() => {
            return Err(Problem::new(
                kind.span(),
                "a delay needs its length: add ms = 500, in milliseconds",
            ));
        }
        Kind::MissingMarker if service != Service::Kms => {
            return Err(Problem::new(
                kind.span(),
                "only kms says Truncated beside its marker; use \"endless-marker\" or \
                 \"empty-page-truncated\", or service = \"kms\"",
            ));
        }
        _ => {}
    }
    Ok(Fault {
        service,
        operation: operation.map(At::into_inner),
        account: account.map(At::into_inner),
        region: region.map(At::into_inner),
        key: key.map(At::into_inner),
        bucket: bucket.map(At::into_inner),
        kind: kind.into_inner(),
        code,
        status: status.map(At::into_inner),
        message,
        delay: std::time::Duration::from_millis(ms.unwrap_or(0)),
        times,
    })
}

fn check_place(
    account: Option<&At<String>>,
    region: Option<&At<String>>,
    accounts: &[AccountSet],
) -> Result<(), Problem> {
    if let Some(glob) = account {
        let mut ids = accounts.iter().flat_map(|set| set.accounts().map(|account| account.id));
        if !ids.any(|id| glob_matches(glob, &id)) {
            let what = format!(
                "no account of this estate is called `{}`; use an id of it, or `*`",
                **glob
            );
            return Err(Problem::new(glob.span(), what));
        }
    }
    let Some(region) = region else {
        return Ok(());
    };
    let mut regions = accounts.iter().flat_map(|set| &set.regions);
    if regions.clone().any(|known| known.name == **region) {
        return Ok(());
    }
    Err(unknown_region(region, &mut regions))
}
