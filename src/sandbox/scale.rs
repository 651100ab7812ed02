//! Estates of any size, for measurements: organizations whose accounts, keys and buckets are derived when they are
//! asked for, so that a million keys cost no more memory than one.

use serde_json::{Value, json};

/// How much of an AWS there is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// How many accounts, the management account among them.
    pub accounts: u32,
    /// How many enabled Regions each account has.
    pub regions: u32,
    /// How many customer managed keys all accounts have together.
    pub keys: u32,
    /// How many buckets all accounts have together.
    pub buckets: u32,
}

/// Why there is no estate of that size.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScaleError(String);

/// The role that every account lets the management account assume.
const ROLE: &str = "KmsAuditReadOnly";
const AS_OF: &str = "2026-06-15T06:00:00Z";
/// With more, ids would not have twelve digits.
const MOST_ACCOUNTS: u32 = 1_000_000;
/// "KMS keys: 100,000 in each account and Region",
/// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>.
const MOST_KEYS_IN_A_REGION: u32 = 100_000;

impl Scale {
    /// An estate file of this size.
    ///
    /// Keys and buckets are spread evenly over accounts and Regions. Of ten keys seven belong to tenants, two name a
    /// requirement, one has no tags.
    ///
    /// # Errors
    ///
    /// No AWS could be of that size: no account, more Regions than there are, more keys than a Region may have.
    pub fn estate(&self) -> Result<String, ScaleError> {
        let regions = self.region_names()?;
        let cells = self.accounts * self.regions;
        if self.keys.div_ceil(cells) > MOST_KEYS_IN_A_REGION {
            return Err(ScaleError(format!(
                "more than {MOST_KEYS_IN_A_REGION} keys in a Region, which is the default quota of AWS; add accounts or \
                 Regions"
            )));
        }
        let mut sections: Vec<(u32, Account)> = Vec::new();
        for index in 0..self.accounts {
            let account = self.account(index);
            match sections.last_mut() {
                // The management account is a section of its own.
                Some((count, like)) if index > 1 && *like == account => *count += 1,
                _ => sections.push((1, account)),
            }
        }
        let mut estate = json!({
            "as_of": AS_OF,
            "account": { "id": "100000000000", "name": "management", "role": [{ "name": ROLE }] },
            "organization": { "units": ["Workloads"] },
        });
        let mut members = Vec::new();
        for (section, (count, account)) in sections.iter().enumerate() {
            let mut content = self.content(account, &regions);
            if section == 0 {
                estate["region"] = content["region"].take();
                estate["bucket"] = content["bucket"].take();
                continue;
            }
            content["count"] = json!(count);
            content["id"] = json!(format!("2{section:02}{{n:09}}"));
            content["name"] = json!(format!("workload-{section}-{{n}}"));
            content["unit"] = json!("Workloads");
            content["role"] = json!([{ "name": ROLE }]);
            members.push(content);
        }
        estate["member"] = members.into();
        toml::to_string(&estate).map_err(|error| ScaleError(error.to_string()))
    }

    fn region_names(&self) -> Result<Vec<&'static str>, ScaleError> {
        let mut known = crate::published::regions_of("aws").to_vec();
        known.retain(|region| !crate::published::is_opt_in(region));
        let regions = usize::try_from(self.regions).unwrap_or(usize::MAX);
        if self.accounts == 0 || self.accounts > MOST_ACCOUNTS || regions == 0 || regions > known.len() {
            return Err(ScaleError(format!(
                "there can be 1 to {MOST_ACCOUNTS} accounts and 1 to {} Regions",
                known.len()
            )));
        }
        known.truncate(regions);
        Ok(known)
    }

    fn account(&self, index: u32) -> Account {
        let share = |total: u32| {
            let cells = self.accounts * self.regions;
            let more = (total % cells).saturating_sub(index * self.regions).min(self.regions);
            Share {
                least: total / cells,
                more,
            }
        };
        Account {
            keys: share(self.keys),
            buckets: share(self.buckets),
        }
    }

    fn content(&self, account: &Account, names: &[&str]) -> Value {
        let mut regions: Vec<(u32, Vec<&str>)> = Vec::new();
        let mut buckets = Vec::new();
        for (position, name) in (0..).zip(names) {
            let count = account.keys.of(position);
            match regions.last_mut() {
                Some((like, names)) if *like == count => names.push(name),
                _ => regions.push((count, vec![name])),
            }
            let count = account.buckets.of(position);
            if count > 0 {
                buckets.push(json!({
                    "name": format!("data-{{account}}-{name}-{{n}}"),
                    "count": count,
                    "region": name,
                    "encryption": "SSE-KMS",
                    "bucket_key": position % 2 == 0,
                }));
            }
        }
        let regions = regions.into_iter().map(|(count, names)| region(count, &names));
        json!({ "region": regions.collect::<Vec<_>>(), "bucket": buckets })
    }
}

/// Regions that are alike: so many keys in each, and the use of them.
fn region(keys: u32, names: &[&str]) -> Value {
    json!({
        "name": names,
        "key": self::keys(keys),
        "usage": [{
            "resource": "CryptographicOperationsSymmetric",
            "constant": { "rps": 20 },
            "batch": [{ "start": "2026-06-10T02:00:00Z", "minutes": 30, "rps": 900 }],
        }],
    })
}

/// What an account has of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    keys: Share,
    buckets: Share,
}

/// How many things there are in each Region: so many, and one more in the first Regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    least: u32,
    more: u32,
}

impl Share {
    fn of(self, region: u32) -> u32 {
        self.least + u32::from(region < self.more)
    }
}

/// So many customer managed keys, and the AWS managed key that goes with buckets.
fn keys(count: u32) -> Vec<Value> {
    let tenants = count * 7 / 10;
    let justified = count * 2 / 10;
    let untagged = count - tenants - justified;
    let mut keys = vec![json!({ "alias": "alias/aws/s3", "aws_managed": true })];
    let mut add = |count: u32, mut key: Value| {
        if count > 0 {
            key["count"] = count.into();
            keys.push(key);
        }
    };
    add(
        tenants,
        json!({ "alias": "alias/tenant-{n:06}", "description": "Tenant {n}", "tags": { "tenant": "tenant-{n:06}" } }),
    );
    add(
        justified,
        json!({ "alias": "alias/ledger-{n}", "tags": { "requirement": "rotation+audit", "owner": "finance" } }),
    );
    add(untagged, json!({}));
    keys
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    /// Keys and buckets of every account, as the estate of that size has them.
    fn counted(scale: Scale) -> (usize, usize, usize, usize) {
        let sandbox = testing::sandbox(&scale.estate().unwrap());
        let estate = testing::estate(&sandbox);
        let (mut regions, mut keys, mut buckets) = (0, 0, 0);
        for account in estate.accounts() {
            regions += account.regions().len();
            keys += account
                .regions()
                .iter()
                .map(|region| region.keys.customer_managed() as usize)
                .sum::<usize>();
            buckets += account.set.buckets.of(&account).len();
        }
        (estate.accounts_len(), regions, keys, buckets)
    }

    #[test]
    fn an_estate_has_the_size_that_was_asked_for() {
        for (accounts, regions, keys, buckets) in
            [(1, 1, 0, 0), (1, 3, 7, 1), (50, 6, 1234, 77), (1000, 17, 1_000_000, 5)]
        {
            let scale = Scale {
                accounts,
                regions,
                keys,
                buckets,
            };
            let (accounts, keys, buckets) = (accounts as usize, keys as usize, buckets as usize);
            assert_eq!(
                counted(scale),
                (accounts, accounts * regions as usize, keys, buckets),
                "{scale:?}"
            );
        }
    }

    #[test]
    fn the_size_of_the_file_does_not_follow_the_number_of_keys_accounts_or_regions() {
        let lines = |accounts, regions, keys| {
            let scale = Scale {
                accounts,
                regions,
                keys,
                buckets: 0,
            };
            scale.estate().unwrap().lines().count()
        };
        // In two accounts all Regions are alike. Where the keys cannot be spread evenly, there are four kinds of
        // accounts at most, and in one of them two kinds of Regions.
        let even = lines(2, 1, 20);
        assert_eq!(lines(2, 17, 340), even);
        assert!(lines(1000, 17, 1_000_001) <= 4 * even, "{}", lines(1000, 17, 1_000_001));
    }

    #[test]
    fn what_no_aws_could_be_is_refused() {
        let scale = Scale {
            accounts: 1,
            regions: 1,
            keys: 1,
            buckets: 1,
        };
        for wrong in [
            Scale { accounts: 0, ..scale },
            Scale { regions: 0, ..scale },
            Scale { regions: 99, ..scale },
            Scale { keys: 100_001, ..scale },
        ] {
            assert!(wrong.estate().is_err(), "{wrong:?}");
        }
        assert!(Scale { keys: 100_000, ..scale }.estate().is_ok());
    }
}
