//! `[[exception]]`: findings that somebody has decided to live with, for a while.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use wildmatch::WildMatch;

/// The longest that an exception may last, in days.
pub const LONGEST_DAYS: i64 = 366;

/// A decision to accept findings of a check, with its reason and its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The id of the check.
    pub check: String,
    /// The resource: its ARN, or what people call it (an alias, a pool, a bucket name). `*` is any text, `?` any
    /// character.
    pub resource: String,
    /// The account; every one if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why the finding is accepted.
    pub reason: String,
    /// The last day on which it holds, in UTC; at most a year from the scan.
    #[serde(deserialize_with = "date")]
    pub expires: Date,
}

impl Exception {
    /// Whether it still holds at that moment.
    pub fn holds_at(&self, moment: Timestamp) -> bool {
        moment.to_zoned(TimeZone::UTC).date() <= self.expires
    }

    /// Whether it is about this resource of this account.
    pub fn covers(&self, account: &str, arn: &str, name: &str) -> bool {
        let pattern = WildMatch::new(&self.resource);
        self.account.as_deref().is_none_or(|wanted| wanted == account)
            && (pattern.matches(arn) || pattern.matches(name))
    }

    /// What is wrong with it, if anything is, for a scan at that moment.
    pub(super) fn fault(&self, as_of: Timestamp) -> Option<String> {
        let latest = as_of
            .to_zoned(TimeZone::UTC)
            .date()
            .saturating_add(jiff::Span::new().days(LONGEST_DAYS));
        if self.reason.trim().is_empty() {
            Some("needs a reason".to_owned())
        } else if self.resource.trim().is_empty() {
            Some("needs a resource: an ARN, an alias, a bucket name, or a pattern with *".to_owned())
        } else if self.expires > latest {
            Some(format!(
                "expires on {}, more than a year from now; the latest is {latest}",
                self.expires
            ))
        } else {
            None
        }
    }
}

/// A date as TOML writes it, or in quotes.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Toml(toml::value::Datetime),
        Text(String),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Toml(date) => date.to_string(),
        Written::Text(text) => text,
    };
    text.parse()
        .map_err(|_| serde::de::Error::custom(format!("`{text}` is not a date such as 2026-12-31")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exception(expires: &str) -> Exception {
        let text =
            format!("check = 'unjustified-key'\nresource = 'alias/legacy-*'\nreason = 'r'\nexpires = {expires}");
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn it_holds_to_the_end_of_its_last_day() {
        let exception = exception("2026-06-15");
        assert!(exception.holds_at("2026-06-15T23:59:59Z".parse().unwrap()));
        assert!(!exception.holds_at("2026-06-16T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn it_covers_by_name_or_arn_and_account() {
        let mut exception = exception("'2026-06-15'");
        assert!(exception.covers("1", "arn:aws:kms:eu-west-3:1:key/k", "alias/legacy-7"));
        assert!(!exception.covers("1", "arn:aws:kms:eu-west-3:1:key/k", "alias/other"));
        exception.account = Some("2".into());
        assert!(!exception.covers("1", "arn", "alias/legacy-7"));
        exception.resource = "arn:aws:s3:::logs-*".into();
        assert!(exception.covers("2", "arn:aws:s3:::logs-a", "logs-a"));
    }

    #[test]
    fn it_needs_a_reason_and_lasts_a_year_at_most() {
        let now = "2026-06-15T06:00:00Z".parse().unwrap();
        assert_eq!(exception("2027-06-15").fault(now), None);
        assert!(exception("2027-07-15").fault(now).unwrap().contains("more than a year"));
        let mut without = exception("2026-07-01");
        without.reason = " ".into();
        assert!(without.fault(now).unwrap().contains("reason"));
    }
}
