//! The buckets of an estate.

use super::checked::{known_region, past};
use super::file::{BucketFile, EncryptionKind, KeyForm};
use super::{Bucket, Encryption, Problem, Region};
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;

/// Every bucket of the file, by name.
pub(super) fn buckets(files: &[BucketFile], regions: &[Region], as_of: Timestamp) -> Result<Vec<Bucket>, Problem> {
    let mut buckets = Vec::new();
    for file in files {
        let region = known_region(&file.region, regions)?;
        let name = Pattern::new(file.name.get_ref());
        let count = count(file, &name)?;
        let created = match file.created {
            Some(created) => past(created.0, as_of, file.name.span())?,
            None => as_of,
        };
        let encryption = encryption(file, region)?;
        for n in 1..=count {
            buckets.push((
                Bucket {
                    name: bucket_name(file, &name, n)?,
                    region: region.name.clone(),
                    created,
                    encryption: encryption.clone(),
                },
                file.name.span(),
            ));
        }
    }
    buckets.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    for pair in buckets.windows(2) {
        if let [(first, _), (second, at)] = pair
            && first.name == second.name
        {
            return Err(Problem::new(
                at.clone(),
                format!("bucket `{}` is there twice; bucket names are unique", second.name),
            ));
        }
    }
    Ok(buckets.into_iter().map(|(bucket, _)| bucket).collect())
}

fn count(file: &BucketFile, name: &Pattern) -> Result<u32, Problem> {
    match &file.count {
        None => Ok(1),
        Some(count) if *count.get_ref() == 0 => Err(Problem::new(
            count.span(),
            "a count of 0 describes no bucket; remove the section or count from 1",
        )),
        Some(count) if *count.get_ref() > 1 && !name.has_number() => Err(Problem::new(
            file.name.span(),
            "several buckets need several names: put {n} into the name",
        )),
        Some(count) => Ok(*count.get_ref()),
    }
}

fn bucket_name(file: &BucketFile, name: &Pattern, n: u32) -> Result<String, Problem> {
    let name = name.text(n);
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !(3..=63).contains(&name.len()) || !name.bytes().all(allowed) {
        return Err(Problem::new(
            file.name.span(),
            format!(
                "`{name}` is no bucket name; use 3 to 63 lower-case letters, digits, hyphens and \
                 dots"
            ),
        ));
    }
    Ok(name)
}

fn encryption(file: &BucketFile, region: &Region) -> Result<Option<Encryption>, Problem> {
    let algorithm = match file.encryption {
        EncryptionKind::SseS3 => "AES256",
        EncryptionKind::SseKms => "aws:kms",
        EncryptionKind::DsseKms => "aws:kms:dsse",
        EncryptionKind::None => return Ok(None),
    };
    let kms_key = match &file.kms_key {
        None => None,
        Some(key) if algorithm == "AES256" => {
            return Err(Problem::new(
                key.span(),
                "SSE-S3 uses no KMS key; remove kms_key, or use encryption = \"SSE-KMS\"",
            ));
        }
        Some(key) => Some(key_name(key, file.kms_key_form, region)?),
    };
    Ok(Some(Encryption {
        algorithm,
        kms_key,
        bucket_key: file.bucket_key,
    }))
}

/// The key as the bucket's configuration names it. An alias of the estate is turned into the form
/// that the file asks for; anything else is taken as it is, because buckets do name keys of other
/// accounts and keys that no longer exist.
fn key_name(key: &toml::Spanned<String>, form: KeyForm, region: &Region) -> Result<String, Problem> {
    let name = key.get_ref();
    if !name.starts_with("alias/") {
        return Ok(name.clone());
    }
    let target = || {
        region.keys.with_alias(name).ok_or_else(|| {
            Problem::new(
                key.span(),
                format!(
                    "no key of {} has the alias `{name}`; give a key that alias, or write the \
                     bucket's key as an ARN",
                    region.name
                ),
            )
        })
    };
    Ok(match form {
        KeyForm::Arn => target()?.arn(),
        KeyForm::Id => target()?.id(),
        KeyForm::Alias => name.clone(),
        KeyForm::AliasArn => format!("{}{name}", region.keys.arn_prefix),
    })
}
