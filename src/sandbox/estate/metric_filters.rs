//! The metric filters of an estate.

use super::Problem;
use super::checked::{check_count, log_group_name, past};
use super::file::{At, MetricFilterFile};
use crate::sandbox::pattern::Pattern;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashSet};

/// A metric filter: what CloudWatch Logs makes of the events of a log group.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct MetricFilter {
    pub name: String,
    pub log_group: String,
    pub pattern: String,
    pub namespace: String,
    pub metric: String,
    pub value: String,
    pub default_value: Option<f64>,
    pub dimensions: BTreeMap<String, String>,
    pub created: Timestamp,
}

/// The metric filters of a Region, in the order in which CloudWatch Logs lists them.
pub(super) fn metric_filters(
    files: &[At<MetricFilterFile>],
    as_of: Timestamp,
) -> Result<Vec<MetricFilter>, Problem> {
    let mut filters = Vec::with_capacity(files.len());
    let mut names = HashSet::new();
    for file in files {
        let pattern = Pattern::new(&file.name);
        let count = check_count(file.count.as_ref(), "metric filter")?;
        if count > 1 && !pattern.has_number() {
            let what = "several metric filters need several names: put {n} into the name";
            return Err(Problem::new(file.name.span(), what));
        }
        let filter = metric_filter(file, as_of)?;
        for name in (1..=count).map(|n| pattern.text(n)) {
            check_text(&name, &file.name, 1..=512, ":*", "name")?;
            if !names.insert((file.log_group.as_str(), name.clone())) {
                let what = format!(
                    "metric filter `{name}` is there twice; the filters of a log group have different names"
                );
                return Err(Problem::new(file.name.span(), what));
            }
            filters.push(MetricFilter { name, ..filter.clone() });
        }
    }
    filters.sort_by(|a, b| (&a.name, &a.log_group).cmp(&(&b.name, &b.log_group)));
    Ok(filters)
}

fn metric_filter(written: &At<MetricFilterFile>, as_of: Timestamp) -> Result<MetricFilter, Problem> {
    let file: &MetricFilterFile = written;
    check_text(&file.pattern, &file.pattern, 0..=1024, "", "pattern")?;
    check_text(&file.namespace, &file.namespace, 1..=255, ":*$", "namespace")?;
    check_text(&file.metric, &file.metric, 1..=255, ":*$", "metric name")?;
    if file.dimensions.len() > 3 || !file.dimensions.is_empty() && file.default_value.is_some() {
        let what = "the metric of a filter has at most 3 dimensions, and none beside a default_value";
        return Err(Problem::new(written.span(), what));
    }
    Ok(MetricFilter {
        name: file.name.to_string(),
        log_group: log_group_name(&file.log_group)?,
        pattern: file.pattern.to_string(),
        namespace: file.namespace.to_string(),
        metric: file.metric.to_string(),
        value: file.value.clone().unwrap_or_else(|| "1".to_owned()),
        default_value: file.default_value,
        dimensions: file.dimensions.clone(),
        created: match &file.created {
            Some(created) => past(created.0, as_of, created.span())?,
            None => as_of,
        },
    })
}

/// The lengths and the characters are those of the service's model. `written` is where the text comes from.
fn check_text(
    text: &str,
    written: &At<String>,
    length: std::ops::RangeInclusive<usize>,
    forbidden: &str,
    thing: &str,
) -> Result<(), Problem> {
    if length.contains(&text.chars().count()) && !text.contains(|letter| forbidden.contains(letter)) {
        return Ok(());
    }
    let (least, most) = (length.start(), length.end());
    let mut what = format!("the {thing} of a metric filter has {least} to {most} characters");
    if !forbidden.is_empty() {
        what.push_str(&format!(", none of them one of {forbidden}"));
    }
    Err(Problem::new(written.span(), what))
}
