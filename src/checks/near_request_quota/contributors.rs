//! Who made a peak: whom to call.

use serde_json::json;

use super::super::Failure;
use crate::facts::{Arn, Contributors, Fact, RegionFacts, RequestQuota, RequestsPerSecond, Usage};
use crate::model::Headroom;
use crate::numbers::percent;

/// Adds to a finding which keys and operations made the peak and how much of it they explain, or why that is not known.
pub(super) fn name(
    failure: &mut Failure,
    region: &RegionFacts,
    quota: &RequestQuota,
    usage: &Usage,
    headroom: &Headroom,
) {
    let known = match &quota.contributors {
        Fact::Known(contributors) => contributors,
        Fact::Unavailable(reason) => {
            let sentence = format!(" Which keys made it could not be read: {}.", reason.code);
            failure.detail.push_str(&sentence);
            return;
        }
        Fact::NotCollected => {
            failure.detail.push_str(" Which keys made it was not collected.");
            return;
        }
    };
    let rate = |requests: f64| RequestsPerSecond(requests / f64::from(usage.resolution_seconds));
    let explained = known.requests / headroom.peak.sum;
    failure.detail.push_str(&sentence(region, known, explained, rate));
    let top: Vec<_> = known
        .top
        .iter()
        .map(|contributor| {
            json!({
                "key": contributor.key,
                "destination_key": contributor.destination_key,
                "operation": contributor.operation,
                "rps": rate(contributor.requests),
            })
        })
        .collect();
    failure.observed.insert("contributors".into(), json!(top));
    let sum = rate(known.requests);
    failure.observed.insert("contributors_rps".into(), json!(sum));
    failure.observed.insert("explained".into(), json!(explained));
}

fn sentence(
    region: &RegionFacts,
    known: &Contributors,
    explained: f64,
    rate: impl Fn(f64) -> RequestsPerSecond,
) -> String {
    if known.top.is_empty() {
        return " None of the requests that succeeded in that minute was made with a key of this account."
            .to_owned();
    }
    let named = known.top.iter().map(|contributor| {
        let (key, operation) = (key_name(region, &contributor.key), &contributor.operation);
        match &contributor.destination_key {
            Some(to) => {
                let to = key_name(region, to);
                format!("{key} to {to} {operation} {}", rate(contributor.requests))
            }
            None => format!("{key} {operation} {}", rate(contributor.requests)),
        }
    });
    let named: Vec<String> = named.collect();
    let mut sentence = format!(
        " Requests that succeeded with the account's own keys explain {} of it, the busiest being (requests/s): {}.",
        percent(explained),
        named.join(", ")
    );
    if explained < 1.0 {
        sentence
            .push_str(" What the rest was, such as requests to keys of other accounts, these metrics do not say.");
    }
    sentence
}

/// An alias where the key has one, else its id.
fn key_name<'a>(region: &'a RegionFacts, arn: &'a Arn) -> &'a str {
    let key = region.keys.iter().find(|key| key.arn == *arn);
    let alias = key.and_then(|key| key.aliases.first());
    let id = || arn.as_str().rsplit_once("key/").map_or(arn.as_str(), |(_, id)| id);
    alias.map_or_else(id, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::judge;
    use super::super::CHECK;
    use super::*;
    use crate::checks::Finding;
    use crate::facts::Contributor;
    use crate::facts::examples::{account, denied, key, quota, region};

    fn finding(contributors: Fact<Contributors>) -> Finding {
        let mut documents = key(&[]);
        documents.arn = Arn::new("arn:aws:kms:eu-west-3:111122223333:key/a");
        documents.aliases = vec!["alias/documents".into()];
        let mut here = region([documents]);
        here.quotas = vec![quota(10_000.0, Some(840_000.0))];
        here.quotas[0].contributors = contributors;
        judge(&CHECK, account(here)).findings.remove(0)
    }

    fn contributor(key: &str, operation: &str, requests: f64) -> Contributor {
        Contributor {
            key: Arn::new(format!("arn:aws:kms:eu-west-3:111122223333:key/{key}")),
            destination_key: None,
            operation: operation.into(),
            requests,
        }
    }

    fn contributors(requests: f64, top: Vec<Contributor>) -> Contributors {
        let at = "2026-06-14T01:34:00Z".parse().unwrap();
        Contributors { at, top, requests }
    }

    #[test]
    fn a_finding_names_the_keys_and_operations_and_how_much_of_the_peak_they_explain() {
        let mut re_encrypt = contributor("a", "ReEncrypt", 6_000.0);
        re_encrypt.destination_key = Some(Arn::new("arn:aws:kms:eu-west-3:111122223333:key/b"));
        let top = vec![
            contributor("a", "Decrypt", 420_000.0),
            re_encrypt,
            contributor("b", "Decrypt", 3_000.0),
        ];
        let known = contributors(420_000.0 + 9_000.0, top);
        assert_eq!(known.keys().len(), 2, "each key once");
        let finding = finding(Fact::Known(known));
        assert!(
            finding.detail.contains(
                "explain 51 % of it, the busiest being (requests/s): alias/documents Decrypt 7,000, alias/documents to \
                 b ReEncrypt 100, b Decrypt 50. What the rest was"
            ),
            "{}",
            finding.detail
        );
        assert_eq!(finding.observed["contributors"][0]["rps"], 7_000.0);
        assert_eq!(finding.observed["contributors_rps"], 7_150.0);
    }

    #[test]
    fn a_peak_that_is_explained_leaves_no_rest() {
        let top = vec![contributor("a", "Decrypt", 840_000.0)];
        let finding = finding(Fact::Known(contributors(840_000.0, top)));
        assert!(finding.detail.contains("explain 100 % of it"));
        assert!(!finding.detail.contains("the rest"));
    }

    #[test]
    fn a_finding_says_why_nobody_is_named() {
        let said = |contributors| finding(contributors).detail;
        assert!(said(denied("cloudwatch:GetMetricData")).ends_with("could not be read: AccessDeniedException."));
        assert!(said(Fact::NotCollected).ends_with("Which keys made it was not collected."));
        assert!(said(Fact::Known(contributors(0.0, vec![]))).contains("None of the requests"));
    }
}
