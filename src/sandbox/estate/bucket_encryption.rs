//! The default encryption of a bucket.

use super::file::{At, BucketFile, EncryptionKind, KeyForm};
use super::{Account, AccountSet, Bucket, Estate, Problem, Region};

/// The default encryption of a bucket, as GetBucketEncryption has it.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Encryption {
    pub algorithm: &'static str,
    kms_key: Option<KeyName>,
    pub bucket_key: bool,
    /// Whether uploads under keys that the client provides are blocked, if the configuration speaks of it.
    pub blocks_sse_c: Option<bool>,
}

/// How a bucket's configuration names its key.
#[derive(Clone, Debug)]
enum KeyName {
    /// As it stands: buckets do name keys of other accounts, and keys that no longer exist.
    AsWritten(String),
    /// A key of the bucket's account by its alias.
    OfAlias { alias: String, form: KeyForm },
    /// A key of another account of the estate by its alias; the configuration has the key's ARN.
    OfAccount { account: String, alias: String },
}

impl Bucket {
    /// The key that the encryption configuration names.
    pub fn kms_key(&self, account: &Account<'_>, estate: &Estate) -> Option<String> {
        let partition = &estate.partition;
        match self.encryption.as_ref()?.kms_key.as_ref()? {
            KeyName::AsWritten(name) => Some(account.fill(name)),
            KeyName::OfAccount { account, alias } => {
                let account = estate.account(account)?;
                let keys = account
                    .region(&self.region)?
                    .keys
                    .of(&account.id, partition, &self.region);
                Some(keys.with_alias(alias)?.arn())
            }
            KeyName::OfAlias { alias, form } => {
                let keys = account
                    .region(&self.region)?
                    .keys
                    .of(&account.id, partition, &self.region);
                Some(match form {
                    KeyForm::Arn => keys.with_alias(alias)?.arn(),
                    KeyForm::Id => keys.with_alias(alias)?.id(),
                    KeyForm::Alias => alias.clone(),
                    KeyForm::AliasArn => format!("{}{alias}", keys.arn_prefix),
                })
            }
        }
    }
}

/// `None` for a bucket without a configuration.
pub(super) fn encryption(file: &BucketFile, region: &Region) -> Result<Option<Encryption>, Problem> {
    let algorithm = match file.encryption {
        EncryptionKind::SseS3 => "AES256",
        EncryptionKind::SseKms => "aws:kms",
        EncryptionKind::DsseKms => "aws:kms:dsse",
        EncryptionKind::Fsx => "aws:fsx",
        EncryptionKind::Backup => "aws:backup",
        EncryptionKind::None => {
            return match &file.blocks_sse_c {
                None => Ok(None),
                Some(blocks) => Err(Problem::new(
                    blocks.span(),
                    "without an encryption configuration nothing is blocked; remove blocks_sse_c, or use encryption = \
                     \"SSE-S3\"",
                )),
            };
        }
    };
    Ok(Some(Encryption {
        algorithm,
        kms_key: kms_key(file, algorithm, region)?,
        bucket_key: file.bucket_key,
        blocks_sse_c: file.blocks_sse_c.as_ref().map(|blocks| **blocks),
    }))
}

fn kms_key(file: &BucketFile, algorithm: &str, region: &Region) -> Result<Option<KeyName>, Problem> {
    let Some(key) = &file.kms_key else {
        return match &file.kms_key_account {
            None => Ok(None),
            Some(account) => Err(Problem::new(
                account.span(),
                "kms_key_account says whose key it is; add kms_key with the key's alias",
            )),
        };
    };
    if !algorithm.starts_with("aws:kms") {
        let what = "only SSE-KMS and DSSE-KMS use a KMS key; remove kms_key, or use encryption = \"SSE-KMS\"";
        return Err(Problem::new(key.span(), what));
    }
    let is_alias = key.starts_with("alias/");
    if let Some(account) = &file.kms_key_account {
        if !is_alias || file.kms_key_form != KeyForm::Arn {
            return Err(Problem::new(
                account.span(),
                "the key of another account is given by its alias and named by its ARN; write kms_key = \"alias/…\" \
                 and no kms_key_form",
            ));
        }
        return Ok(Some(KeyName::OfAccount {
            account: account.to_string(),
            alias: key.to_string(),
        }));
    }
    if !is_alias {
        return Ok(Some(KeyName::AsWritten(key.to_string())));
    }
    // A configuration may name an alias that does not exist, but not a key that has none.
    let needs_key = matches!(file.kms_key_form, KeyForm::Arn | KeyForm::Id);
    if needs_key && !region.keys.has_alias(key) {
        let what = "give a key that alias, or write the bucket's key as an ARN";
        return Err(no_key(key, &region.name, what));
    }
    Ok(Some(KeyName::OfAlias {
        alias: key.to_string(),
        form: file.kms_key_form,
    }))
}

/// Whether the keys of other accounts that buckets name are there.
pub(super) fn check_keys_of_other_accounts(files: &[BucketFile], accounts: &[AccountSet]) -> Result<(), Problem> {
    for file in files {
        let (Some(id), Some(key)) = (&file.kms_key_account, &file.kms_key) else {
            continue;
        };
        let account = accounts.iter().find_map(|set| set.with_id(id));
        let account = account.ok_or_else(|| {
            let what = format!(
                "account {} is not in this estate; use the id of one that is, or write kms_key as an ARN",
                **id
            );
            Problem::new(id.span(), what)
        })?;
        let region = account.region(&file.region);
        if !region.is_some_and(|region| region.keys.has_alias(key)) {
            let place = format!("account {} in {}", **id, *file.region);
            return Err(no_key(
                key,
                &place,
                "a bucket's key is in the bucket's Region; give one there that alias",
            ));
        }
    }
    Ok(())
}

fn no_key(key: &At<String>, place: &str, way_out: &str) -> Problem {
    Problem::new(
        key.span(),
        format!("no key of {place} has the alias `{}`; {way_out}", **key),
    )
}
