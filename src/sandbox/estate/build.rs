//! From the file to the estate: what TOML cannot check is checked here.

use super::checked::known_region;
use super::file::{EstateFile, FaultFile};
use super::key_sets::KeySets;
use super::region::region;
use super::{Account, Estate, Problem, Region, buckets, one_of};
use crate::sandbox::faults::{Fault, Faults, Kind};
use crate::sandbox::key_template::Place;
use crate::sandbox::service::Service;
use std::collections::HashSet;

pub(super) fn estate(file: EstateFile) -> Result<Estate, Problem> {
    let account = account(&file)?;
    let as_of = file.as_of.0;
    let sets = KeySets::new(&file.regions)?;
    let mut names = HashSet::new();
    let mut regions = Vec::with_capacity(file.regions.len());
    for region_file in &file.regions {
        let name = &region_file.name;
        check_region_name(name)?;
        if !names.insert(name.get_ref().as_str()) {
            return Err(Problem::new(
                name.span(),
                format!("Region `{}` is there twice; merge the two sections", name.get_ref()),
            ));
        }
        let place = Place {
            partition: &account.partition,
            account: &account.id,
            region: name.get_ref(),
            as_of,
        };
        regions.push(region(region_file, place, &sets)?);
    }
    if !regions.iter().any(|region| region.enabled) {
        return Err(Problem::new(
            0..0,
            "no Region is enabled; add a [[region]] section with a name, such as \"eu-west-3\"",
        ));
    }
    let buckets = buckets::buckets(&file.buckets, &regions, as_of)?;
    let faults = file.faults.into_iter().map(|fault_file| fault(fault_file, &regions));
    Ok(Estate {
        as_of,
        account,
        faults: Faults::new(faults.collect::<Result<_, _>>()?),
        regions,
        buckets,
    })
}

fn account(file: &EstateFile) -> Result<Account, Problem> {
    let id = &file.account.id;
    if id.get_ref().len() != 12 || !id.get_ref().bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::new(
            id.span(),
            format!("`{}` is no account id; use 12 digits", id.get_ref()),
        ));
    }
    let partition = &file.account.partition;
    if !is_plain_name(partition.get_ref()) {
        return Err(Problem::new(
            partition.span(),
            format!(
                "`{}` is no partition; use one such as `aws` or `aws-us-gov`",
                partition.get_ref()
            ),
        ));
    }
    let partition = partition.get_ref().clone();
    let id = id.get_ref().clone();
    let caller_arn = file
        .account
        .caller_arn
        .clone()
        .unwrap_or_else(|| format!("arn:{partition}:sts::{id}:assumed-role/security-audit/kms-audit"));
    Ok(Account {
        id,
        partition,
        caller_arn,
    })
}

fn check_region_name(name: &toml::Spanned<String>) -> Result<(), Problem> {
    if !is_plain_name(name.get_ref()) {
        return Err(Problem::new(
            name.span(),
            format!("`{}` is no Region name; use one such as `eu-west-3`", name.get_ref()),
        ));
    }
    Ok(())
}

/// Partitions and Regions go into ARNs and headers as they are.
fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(plain)
}

fn fault(file: FaultFile, regions: &[Region]) -> Result<Fault, Problem> {
    let FaultFile {
        service,
        operation,
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
        && !service.operations().contains(&operation.get_ref().as_str())
    {
        let known = one_of(service.operations().iter().copied());
        return Err(Problem::new(
            operation.span(),
            format!(
                "{} has no operation `{}` here; use {known}",
                service.action_prefix(),
                operation.get_ref()
            ),
        ));
    }
    if let Some(region) = &region {
        known_region(region, regions)?;
    }
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
    if let Some(status) = status.as_ref().filter(|status| !(200..600).contains(status.get_ref())) {
        return Err(Problem::new(status.span(), "a status is a number from 200 to 599"));
    }
    match kind.get_ref() {
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
        operation: operation.map(toml::Spanned::into_inner),
        region: region.map(toml::Spanned::into_inner),
        key: key.map(toml::Spanned::into_inner),
        bucket: bucket.map(toml::Spanned::into_inner),
        kind: kind.into_inner(),
        code,
        status: status.map(toml::Spanned::into_inner),
        message,
        delay: std::time::Duration::from_millis(ms.unwrap_or(0)),
        times,
    })
}
