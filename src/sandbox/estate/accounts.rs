//! The accounts of an estate.
//!
//! Accounts that are alike are one [`AccountSet`]: what they have is stored once, and an account is its number.

use super::buckets::ACCOUNT;
use super::checked::{account_id, check_count, past};
use super::file::{AccountFile, AccountState, At, MemberFile, RoleFile};
use super::{Buckets, Problem, Region, Trail, one_of};
use crate::sandbox::organization::Organization;
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;

/// Any number of accounts that are alike.
#[derive(Debug)]
pub(in crate::sandbox) struct AccountSet {
    pub count: u32,
    id: Pattern,
    name: Pattern,
    pub state: AccountState,
    /// The path of the organizational unit; the root's is empty.
    pub unit: String,
    pub joined: Timestamp,
    pub roles: Vec<Role>,
    pub(super) regions: Vec<Region>,
    pub buckets: Buckets,
    pub trails: Vec<Trail>,
    /// Whom STS says the credentials belong to, where they belong to this account.
    pub(super) caller_arn: Option<String>,
}

/// What there is in an account.
pub(super) struct Contents {
    pub regions: Vec<Region>,
    pub buckets: Buckets,
    pub trails: Vec<Trail>,
}

/// One account.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Account<'a> {
    pub id: String,
    pub set: &'a AccountSet,
    n: u32,
}

/// A role, as far as STS is concerned with it.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Role {
    /// With its path, if it has one.
    pub name: String,
    /// Account ids.
    pub trusts: Vec<String>,
    pub external_id: Option<String>,
    pub max_session_seconds: u32,
}

impl AccountSet {
    pub(super) fn of_credentials(
        file: &AccountFile,
        organization: Option<&Organization>,
        as_of: Timestamp,
        contents: Contents,
    ) -> Result<AccountSet, Problem> {
        let id = account_id(&file.id, &file.id)?;
        let name = file.name.clone().unwrap_or_else(|| format!("account-{id}"));
        Ok(AccountSet {
            count: 1,
            id: Pattern::new(&id),
            name: Pattern::new(&name),
            state: AccountState::Active,
            unit: unit(file.unit.as_ref(), organization)?,
            joined: as_of,
            roles: roles(&file.roles, &id)?,
            regions: contents.regions,
            buckets: contents.buckets,
            trails: contents.trails,
            caller_arn: file.caller_arn.clone(),
        })
    }

    pub(super) fn of_members(
        member: &At<MemberFile>,
        organization: Option<&Organization>,
        home: &str,
        as_of: Timestamp,
        contents: Contents,
    ) -> Result<AccountSet, Problem> {
        let file: &MemberFile = member;
        let organization = organization.ok_or_else(|| {
            Problem::new(
                member.span(),
                "a member account needs an organization: add an [organization] section",
            )
        })?;
        let count = check_count(file.count.as_ref(), "account")?;
        let id = Pattern::new(&file.id);
        if count > 1 && !id.has_number() {
            return Err(Problem::new(
                file.id.span(),
                "several accounts need several ids: put {n} into the id, as in `20000000{n:04}`",
            ));
        }
        // With leading zeros, the first and the last are as long as any between.
        for n in [1, count] {
            account_id(&id.text(n), &file.id)?;
        }
        Ok(AccountSet {
            count,
            name: Pattern::new(file.name.as_deref().unwrap_or("account-{n}")),
            id,
            state: file.state,
            unit: unit(file.unit.as_ref(), Some(organization))?,
            joined: match &file.joined {
                None => as_of,
                Some(joined) => past(joined.0, as_of, joined.span())?,
            },
            roles: roles(&file.roles, home)?,
            regions: contents.regions,
            buckets: contents.buckets,
            trails: contents.trails,
            caller_arn: None,
        })
    }

    pub fn with_id(&self, id: &str) -> Option<Account<'_>> {
        let n = self.id.number_in(id)?;
        (1..=self.count).contains(&n).then(|| Account {
            id: id.to_owned(),
            set: self,
            n,
        })
    }

    pub fn accounts(&self) -> impl Iterator<Item = Account<'_>> {
        (1..=self.count).map(|n| Account::numbered(self, n))
    }
}

impl<'a> Account<'a> {
    pub fn numbered(set: &'a AccountSet, n: u32) -> Account<'a> {
        Account {
            id: set.id.text(n),
            set,
            n,
        }
    }

    pub fn name(&self) -> String {
        self.set.name.text(self.n)
    }

    /// Every account has an address of its own.
    pub fn email(&self) -> String {
        format!("aws+{}@example.com", self.id)
    }

    pub fn regions(&self) -> &'a [Region] {
        &self.set.regions
    }

    /// A text of the file, with the account's id where it says `{account}`.
    pub fn fill(&self, text: &str) -> String {
        text.replace(ACCOUNT, &self.id)
    }

    pub fn region(&self, name: &str) -> Option<&'a Region> {
        self.set.regions.iter().find(|region| region.name == name)
    }

    /// Whom STS says that credentials belong to which no role was assumed with.
    pub fn caller_arn(&self, partition: &str) -> String {
        self.set.caller_arn.clone().unwrap_or_else(|| {
            let id = &self.id;
            format!("arn:{partition}:sts::{id}:assumed-role/security-audit/kms-audit")
        })
    }
}

fn unit(unit: Option<&At<String>>, organization: Option<&Organization>) -> Result<String, Problem> {
    let Some(unit) = unit else {
        return Ok(String::new());
    };
    let units = organization.map(|organization| &organization.units);
    if units.is_some_and(|units| units.contains(unit.as_str())) {
        return Ok(unit.to_string());
    }
    let known = one_of(units.into_iter().flatten().map(String::as_str));
    let what = match known.is_empty() {
        true => "there are no organizational units; list them as units = [..] in [organization]".to_owned(),
        false => format!("there is no organizational unit `{}`; use {known}", **unit),
    };
    Err(Problem::new(unit.span(), what))
}

fn roles(files: &[RoleFile], home: &str) -> Result<Vec<Role>, Problem> {
    let role = |file: &RoleFile| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte);
        if file.name.is_empty() || !file.name.bytes().all(allowed) {
            return Err(Problem::new(
                file.name.span(),
                "a role name has letters, digits and +=,.@_-, after a path if there is one",
            ));
        }
        let max_session_seconds = match &file.max_session_seconds {
            None => 3600,
            Some(seconds) if (3600..=43_200).contains(&**seconds) => **seconds,
            Some(seconds) => {
                return Err(Problem::new(
                    seconds.span(),
                    "the longest session of a role is 3600 to 43200 seconds",
                ));
            }
        };
        let trusts = match &file.trusts {
            None => vec![home.to_owned()],
            Some(ids) => ids.iter().map(|id| account_id(id, id)).collect::<Result<_, _>>()?,
        };
        Ok(Role {
            name: file.name.to_string(),
            trusts,
            external_id: file.external_id.clone(),
            max_session_seconds,
        })
    };
    files.iter().map(role).collect()
}
