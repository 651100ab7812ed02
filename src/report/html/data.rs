//! The findings, as the page carries them: compressed and in base64, so that a hundred thousand fit into a mail, and
//! nothing of them is markup before a script has made text of it.
//!
//! There are blocks, each with the texts of some thousand findings, and an index with the columns by which the list is
//! filtered and sorted. The page reads the index and the one block that it shows; the others when somebody searches.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufWriter, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;

use super::super::{Report, ReportError};
use crate::checks::{Finding, Observed};
use crate::severity::Severity;
use crate::visible::visible;

/// How many findings a block has.
const OF_BLOCK: usize = 2_000;
/// How many bytes are compressed at once.
const PACKED_AT_ONCE: usize = 1 << 16;
/// How many findings a page carries. What is beyond it is in the tables of the run.
const MOST_FINDINGS: u64 = 200_000;

/// Writes the findings, the most severe ones if there are more than a page carries.
///
/// # Errors
/// When `out` refuses them, or the results cannot be read.
pub(super) fn write_findings(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    write_at_most(MOST_FINDINGS, report, out)
}

fn write_at_most(most: u64, report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut room = Room::of(report, most);
    let mut index = Index {
        severities: Severity::ALL.map(Severity::as_str),
        of_block: OF_BLOCK,
        ..Index::default()
    };
    let mut names = Names::default();
    let mut block = Block::default();
    for finding in report.findings() {
        let finding = finding?;
        if !room.take(&finding) {
            index.left_out += 1;
            continue;
        }
        index.add(&finding, &mut names);
        block.add(finding, &mut names);
        if block.fingerprint.len() == OF_BLOCK {
            write_packed("block", &block, out)?;
            block = Block::default();
        }
    }
    if !block.fingerprint.is_empty() {
        write_packed("block", &block, out)?;
    }
    index.name_all(names);
    Ok(write_packed("index", &index, out)?)
}

/// How many more findings of each severity the page takes; those that an exception covers come last.
struct Room([u64; Severity::ALL.len() + 1]);

impl Room {
    fn of(report: &Report<'_>, mut most: u64) -> Self {
        let summary = &report.document.summary;
        let mut room = [0; Severity::ALL.len() + 1];
        let counts = Severity::ALL.map(|severity| summary.findings.get(severity.as_str()).copied());
        let counts = counts.into_iter().map(Option::unwrap_or_default);
        for (room, count) in room.iter_mut().zip(counts.chain([summary.excepted])) {
            *room = count.min(most);
            most -= *room;
        }
        Room(room)
    }

    fn take(&mut self, finding: &Finding) -> bool {
        let place = match finding.exception {
            Some(_) => Severity::ALL.len(),
            None => place_of(finding.severity),
        };
        match self.0.get_mut(place) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

fn place_of(severity: Severity) -> usize {
    let of = |all: &Severity| *all == severity;
    Severity::ALL.iter().position(of).unwrap_or_default()
}

/// The columns by which the list is filtered and sorted, an entry for each finding. Names are kept once, and a column
/// has their places.
#[derive(Debug, Default, Serialize)]
struct Index {
    severities: [&'static str; Severity::ALL.len()],
    of_block: usize,
    /// How many findings the page does not carry.
    left_out: u64,
    checks: Vec<String>,
    accounts: Vec<String>,
    regions: Vec<String>,
    titles: Vec<String>,
    remedies: Vec<String>,
    /// Why findings are accepted, and until when.
    exceptions: Vec<String>,
    severity: Vec<usize>,
    check: Vec<usize>,
    /// Null where the finding is of no account; as for Region, cost in dollars, and exception.
    account: Vec<Option<usize>>,
    region: Vec<Option<usize>>,
    title: Vec<usize>,
    cost: Vec<Option<f64>>,
    exception: Vec<Option<usize>>,
}

impl Index {
    fn add(&mut self, finding: &Finding, names: &mut Names) {
        let resource = &finding.resource;
        self.severity.push(place_of(finding.severity));
        self.check.push(names.checks.place(&finding.check));
        self.account
            .push(resource.account_id.as_ref().map(|id| names.accounts.place(id.as_str())));
        self.region.push(
            resource
                .region
                .as_ref()
                .map(|region| names.regions.place(region.as_str())),
        );
        self.title.push(names.titles.place(&finding.title));
        self.cost.push(finding.monthly_cost_usd.map(|cost| cost.dollars()));
        self.exception.push(finding.exception.as_ref().map(|exception| {
            let words = format!("{} (until {})", exception.reason, exception.expires);
            names.exceptions.place(&words)
        }));
    }

    fn name_all(&mut self, names: Names) {
        self.checks = names.checks.all();
        self.accounts = names.accounts.all();
        self.regions = names.regions.all();
        self.titles = names.titles.all();
        self.remedies = names.remedies.all();
        self.exceptions = names.exceptions.all();
    }
}

#[derive(Debug, Default)]
struct Names {
    checks: Places,
    accounts: Places,
    regions: Places,
    titles: Places,
    remedies: Places,
    exceptions: Places,
}

/// Texts, each once, and their places.
#[derive(Debug, Default)]
struct Places(HashMap<String, usize>);

impl Places {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.0.get(text) {
            return *place;
        }
        let place = self.0.len();
        self.0.insert(text.to_owned(), place);
        place
    }

    fn all(self) -> Vec<String> {
        let mut texts: Vec<_> = self.0.into_iter().collect();
        texts.sort_by_key(|(_, place)| *place);
        texts.into_iter().map(|(text, _)| visible(&text).into_owned()).collect()
    }
}

/// The texts of some findings, an entry for each.
#[derive(Debug, Default, Serialize)]
struct Block {
    fingerprint: Vec<String>,
    name: Vec<String>,
    kind: Vec<Cow<'static, str>>,
    arn: Vec<String>,
    detail: Vec<String>,
    observed: Vec<Value>,
    remedy: Vec<usize>,
}

impl Block {
    fn add(&mut self, finding: Finding, names: &mut Names) {
        let harmless = |text: &str| visible(text).into_owned();
        self.fingerprint.push(finding.fingerprint);
        self.name.push(harmless(&finding.resource.name));
        self.kind.push(finding.resource.kind);
        self.arn.push(harmless(finding.resource.arn.as_str()));
        self.detail.push(harmless(&finding.detail));
        self.observed.push(harmless_facts(finding.observed));
        self.remedy.push(names.remedies.place(&finding.remediation));
    }
}

/// The observed facts, without those that are null.
fn harmless_facts(observed: Observed) -> Value {
    let facts = observed.into_iter().filter(|(_, value)| !value.is_null());
    let facts = facts.map(|(name, value)| (visible(&name).into_owned(), harmless_value(value)));
    Value::Object(facts.collect())
}

fn harmless_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(visible(&text).into_owned()),
        Value::Array(list) => Value::Array(list.into_iter().map(harmless_value).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (visible(&name).into_owned(), harmless_value(value)));
            Value::Object(fields.collect())
        }
        number => number,
    }
}

fn write_packed(class: &str, data: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<script type=\"application/gzip\" class=\"{class}\">")?;
    let packed = GzEncoder::new(EncoderWriter::new(&mut *out, &STANDARD), Compression::default());
    // A serializer writes a few bytes at a time, and each time the compressor would start anew.
    let mut packed = BufWriter::with_capacity(PACKED_AT_ONCE, packed);
    serde_json::to_writer(&mut packed, data)?;
    let packed = packed.into_inner().map_err(io::IntoInnerError::into_error)?;
    packed.finish()?.finish()?;
    out.write_all(b"</script>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn finding(severity: Severity, is_excepted: bool) -> Finding {
        let exception = is_excepted.then(|| crate::checks::FindingException {
            reason: "later".into(),
            expires: jiff::civil::date(2026, 12, 31),
        });
        Finding {
            fingerprint: "f".into(),
            check: "unused-key".into(),
            severity,
            resource: crate::checks::Resource {
                kind: "kms-key".into(),
                arn: crate::facts::Arn::new("arn:</script>"),
                account_id: None,
                region: None,
                name: "<script>\u{202e}".into(),
            },
            title: "Unused".into(),
            detail: "</script><!--".into(),
            observed: Observed::from([("tags".into(), serde_json::json!({"a\u{7}": ["\u{1b}[31m"]}))]),
            remediation: "Do".into(),
            monthly_cost_usd: None,
            exception,
        }
    }

    #[test]
    fn what_the_page_carries_is_text_packed_so_that_it_cannot_be_markup() {
        let mut block = Block::default();
        block.add(finding(Severity::Low, false), &mut Names::default());
        let mut out = Vec::new();
        write_packed("block", &block, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            (text.matches("<script").count(), text.matches("</script>").count()),
            (1, 1)
        );
        let packed = text.split(['>', '<']).nth(2).unwrap();
        let mut packed = base64::read::DecoderReader::new(packed.as_bytes(), &STANDARD);
        let mut json = String::new();
        flate2::read::GzDecoder::new(&mut packed)
            .read_to_string(&mut json)
            .unwrap();
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["detail"][0], "</script><!--");
        assert_eq!(read["name"][0], "<script>\\u{202e}");
        assert_eq!(read["observed"][0]["tags"]["a\\u{7}"][0], "\\u{1b}[31m");
    }

    #[test]
    fn where_there_is_no_room_for_all_the_most_severe_are_carried() {
        let mut room = Room([0, 2, 1, 0, 0, 1]);
        let mut take = |severity, is_excepted| room.take(&finding(severity, is_excepted));
        assert!(!take(Severity::Low, false));
        assert!(take(Severity::Medium, false) && !take(Severity::Medium, false));
        assert!(take(Severity::High, false) && take(Severity::High, false) && !take(Severity::High, false));
        assert!(take(Severity::Critical, true) && !take(Severity::Critical, true));
    }
}
