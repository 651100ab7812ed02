//! The flags that say which accounts to scan, and how to enter them.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::heading;
use crate::aws::ExternalId;
use crate::facts::AccountId;

/// Which accounts to scan, and how to enter them.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = heading::ACCOUNTS)]
pub struct TargetArgs {
    /// Look at every active account of the organization
    ///
    /// The credentials are those of its management account or of a delegated administrator.
    #[arg(
        long,
        env = "KMS_AUDIT_ORGANIZATION",
        value_parser = clap::builder::BoolishValueParser::new(),
        conflicts_with = "organizational_units"
    )]
    pub organization: bool,

    /// Look at the accounts of this unit or root; repeat for several
    ///
    /// And at those of the organizational units within it.
    #[arg(
        long = "organizational-unit",
        value_name = "ID",
        env = "KMS_AUDIT_ORGANIZATIONAL_UNIT",
        value_delimiter = ',',
        value_parser = unit
    )]
    pub organizational_units: Vec<String>,

    /// Look at this account; repeat for several
    #[arg(
        long = "account",
        value_name = "ID",
        env = "KMS_AUDIT_ACCOUNT",
        value_delimiter = ',',
        value_parser = account
    )]
    pub accounts: Vec<AccountId>,

    /// Look at the accounts in this file, an id on each line
    ///
    /// Comments stand after #.
    #[arg(long, value_name = "FILE", env = "KMS_AUDIT_ACCOUNTS_FILE")]
    #[serde(with = "written_path")]
    pub accounts_file: Option<PathBuf>,

    /// Leave this account out; repeat for several
    #[arg(
        long = "exclude-account",
        value_name = "ID",
        env = "KMS_AUDIT_EXCLUDE_ACCOUNT",
        value_delimiter = ',',
        value_parser = account
    )]
    pub excluded_accounts: Vec<AccountId>,

    /// Enter other accounts by this role [default: KmsAuditReadOnly]
    ///
    /// Its name, with its path if it has one: audit/KmsAuditReadOnly.
    #[arg(long, value_name = "NAME", env = "KMS_AUDIT_ROLE_NAME", value_parser = role_name)]
    pub role_name: Option<String>,

    /// The external id that the roles ask for
    ///
    /// Rather give it in the environment: others can see a command line.
    #[arg(long, value_name = "ID", env = "KMS_AUDIT_EXTERNAL_ID", hide_env_values = true)]
    #[serde(skip)]
    pub external_id: Option<ExternalId>,

    /// Let the session of a role last so many seconds [default: 3600]
    ///
    /// From 900 to 43200, and no longer than the role allows. It is renewed when it runs out. AWS allows an hour where the
    /// credentials are themselves those of a role, as on EC2 or in a pipeline.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "KMS_AUDIT_SESSION_DURATION",
        value_parser = clap::value_parser!(u32).range(900..=43_200)
    )]
    pub session_duration: Option<u32>,

    /// Name the sessions so [default: kms-audit]
    ///
    /// CloudTrail shows it in the accounts, and trust policies can ask for it (sts:RoleSessionName).
    #[arg(long, value_name = "NAME", env = "KMS_AUDIT_SESSION_NAME", value_parser = session_name)]
    pub session_name: Option<String>,

    /// Who is behind the sessions, where roles ask for it
    ///
    /// The source identity of AWS STS.
    #[arg(long, value_name = "NAME", env = "KMS_AUDIT_SOURCE_IDENTITY", value_parser = session_name)]
    pub source_identity: Option<String>,
}

impl TargetArgs {
    /// Whether they say anything but the default, which is the account of the credentials.
    pub fn are_named(&self) -> bool {
        self.organization
            || !self.organizational_units.is_empty()
            || !self.accounts.is_empty()
            || self.accounts_file.is_some()
            || !self.excluded_accounts.is_empty()
    }
}

/// Paths, in a file that is text.
pub(super) mod written_path {
    use std::path::PathBuf;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        Option::<PathBuf>::deserialize(deserializer)
    }
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text.trim()).ok_or_else(|| "expected the twelve digits of an account id".to_owned())
}

/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>.
fn unit(text: &str) -> Result<String, String> {
    let lengths: &[_] = match text.split_once('-') {
        Some(("r", _)) => &[4..=32],
        Some(("ou", _)) => &[4..=32, 8..=32],
        _ => &[],
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let parts: Vec<&str> = text.split('-').skip(1).collect();
    let fits = !lengths.is_empty()
        && parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| length.contains(&part.len()) && part.bytes().all(plain));
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "expected the id of a unit, such as ou-ab12-cdefgh34, or of the root, such as r-ab12".to_owned()
    })
}

/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>.
fn role_name(text: &str) -> Result<String, String> {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
    let path_fits = path.len() <= 510
        && path.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
        && !text.starts_with('/')
        && !text.starts_with("arn:");
    (fits && path_fits)
        .then(|| text.to_owned())
        .ok_or_else(|| "expected the name of a role, such as KmsAuditReadOnly or audit/KmsAuditReadOnly".to_owned())
}

/// The name of a session, or a source identity: both have the same form.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
fn session_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    let fits = (2..=64).contains(&text.len()) && text.bytes().all(allowed);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "expected 2 to 64 letters, digits and _+=,.@-".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_an_account_a_unit_or_a_role_has_its_form() {
        assert!(account("111122223333").is_ok());
        assert!(account("1111-2222-3333").is_err() && account("11112222333a").is_err());
        for unit_id in ["r-ab12", "ou-ab12-cdefgh34"] {
            assert!(unit(unit_id).is_ok(), "{unit_id}");
        }
        for other in [
            "",
            "r-",
            "r-AB12",
            "ou-ab12",
            "ou-ab12-cdefgh3",
            "ou-ab12-cdefgh34-x",
            "Workloads/Production",
        ] {
            assert!(unit(other).is_err(), "{other}");
        }
        assert!(role_name("audit/KmsAuditReadOnly").is_ok() && role_name("KmsAuditReadOnly").is_ok());
        for other in [
            "",
            "audit/",
            "/audit/role",
            "a role",
            "arn:aws:iam::111122223333:role/audit",
        ] {
            assert!(role_name(other).is_err(), "{other}");
        }
        assert!(session_name("alice@example.com").is_ok() && session_name("kms-audit-1").is_ok());
        assert!(session_name("a").is_err() && session_name("aws:a").is_err() && session_name("a b").is_err());
    }
}
