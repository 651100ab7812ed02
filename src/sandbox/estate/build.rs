//! From the file to the estate: what TOML cannot check is checked here.

use super::accounts::Contents;
use super::aggregators::aggregators;
use super::bucket_encryption::check_keys_of_other_accounts;
use super::checked::{account_id, is_plain_name};
use super::fault::{Scene, fault};
use super::file::{AccountFile, At, BucketFile, EstateFile, RegionFile, TrailFile};
use super::key_sets::KeySets;
use super::last_usage::tracking_start;
use super::organization::organization as organization_of;
use super::region::region;
use super::trails::trails;
use super::{AccountSet, Buckets, Estate, Organization, Problem, Region, Setting};
use crate::sandbox::faults::Faults;
use std::collections::HashSet;

pub(super) fn estate(file: EstateFile) -> Result<Estate, Problem> {
    let as_of = file.as_of.0;
    let partition = partition(&file.account)?;
    let home = account_id(&file.account.id, &file.account.id)?;
    let setting = Setting {
        as_of,
        partition: &partition,
        last_usage_tracking_start: tracking_start(file.last_usage_tracking_start.as_ref(), as_of)?,
    };
    let organization = file.organization.as_ref();
    let organization = organization.map(|file| organization_of(file, &home)).transpose()?;
    let mut bucket_names = HashSet::new();
    let mut contents =
        |id: &str, accounts: u32, regions: &[RegionFile], buckets: &[BucketFile], trails: &[At<TrailFile>]| {
            let manages = |organization: &Organization| accounts == 1 && organization.management_account == id;
            let regions = self::regions(regions, &setting)?;
            Ok(Contents {
                buckets: Buckets::new(buckets, &regions, as_of, accounts, &mut bucket_names)?,
                trails: self::trails(trails, &regions, organization.as_ref().is_some_and(manages), as_of)?,
                regions,
            })
        };
    let of_credentials = contents(&home, 1, &file.regions, &file.buckets, &file.trails)?;
    if !of_credentials.regions.iter().any(|region| region.enabled) {
        return Err(Problem::new(
            0..0,
            "no Region is enabled; add a [[region]] section with a name, such as \"eu-west-3\"",
        ));
    }
    let of_credentials = AccountSet::of_credentials(&file.account, organization.as_ref(), as_of, of_credentials)?;
    let mut accounts = vec![of_credentials];
    for member in &file.members {
        let count = member.count.as_ref().map_or(1, |count| **count);
        let contents = contents(&member.id, count, &member.regions, &member.buckets, &member.trails)?;
        accounts.push(AccountSet::of_members(
            member,
            organization.as_ref(),
            &home,
            as_of,
            contents,
        )?);
    }
    check_ids(&accounts, &file)?;
    check_keys_of_other_accounts(&file.buckets, &accounts)?;
    for member in &file.members {
        check_keys_of_other_accounts(&member.buckets, &accounts)?;
    }
    let aggregators = aggregators(&file.aggregators, &accounts, as_of)?;
    let faults = file.faults.iter();
    let scene = Scene {
        accounts: &accounts,
        organization: organization.as_ref(),
        partition: &partition,
    };
    let faults = faults.map(|file| fault(file, &scene));
    let faults = Faults::new(faults.collect::<Result<_, _>>()?);
    Ok(Estate {
        as_of,
        last_usage_tracking_start: setting.last_usage_tracking_start,
        partition,
        organization,
        faults,
        accounts,
        aggregators,
    })
}

fn partition(account: &AccountFile) -> Result<String, Problem> {
    let partition = &account.partition;
    if is_plain_name(partition) {
        return Ok(partition.to_string());
    }
    Err(Problem::new(
        partition.span(),
        format!(
            "`{}` is no partition; use one such as `aws` or `aws-us-gov`",
            **partition
        ),
    ))
}

/// No two accounts have one id, and the management account is one of them.
fn check_ids(accounts: &[AccountSet], file: &EstateFile) -> Result<(), Problem> {
    let mut ids = HashSet::new();
    for (index, set) in accounts.iter().enumerate() {
        for account in set.accounts() {
            let id = account.id.clone();
            if ids.insert(account.id) {
                continue;
            }
            let member = index.checked_sub(1).and_then(|index| file.members.get(index));
            return Err(Problem::new(
                member.map_or(0..0, |member| member.id.span()),
                format!("account {id} is there twice; account ids are unique"),
            ));
        }
    }
    let organization = file.organization.as_ref();
    let named = organization.into_iter().flat_map(|organization| {
        let management = organization.management_account.iter();
        management.chain(&organization.delegated_administrators)
    });
    for id in named {
        if !ids.contains(id.as_str()) {
            return Err(Problem::new(
                id.span(),
                format!(
                    "account {} is not in this estate; add a [[member]] section with its id",
                    **id
                ),
            ));
        }
    }
    Ok(())
}

fn regions(files: &[RegionFile], setting: &Setting<'_>) -> Result<Vec<Region>, Problem> {
    let sets = KeySets::new(files)?;
    let mut names = HashSet::new();
    let mut regions = Vec::with_capacity(files.len());
    for file in files {
        for name in file.name.as_slice() {
            let problem = if !is_plain_name(name) {
                format!("`{name}` is no Region name; use one such as `eu-west-3`")
            } else if !names.insert(name.as_str()) {
                format!("Region `{name}` is there twice; merge the two sections")
            } else {
                regions.push(region(file, name, setting, &sets)?);
                continue;
            };
            return Err(Problem::new(file.name.span(), problem));
        }
    }
    Ok(regions)
}
