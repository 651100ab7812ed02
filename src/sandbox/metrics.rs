//! The metrics of an account in a Region: the use of quotas, of keys and of buckets.
//!
//! No metric is stored. They come in families, each of metrics that differ in nothing but the key that they are of; a
//! page of a list is computed from its place in the families, and the metric of one key is found by the key's ARN.

mod data;
mod family;
mod kms;
mod s3;
mod statistic;
mod usage;

pub(super) use statistic::Statistic;

use super::call::Call;
use super::estate::{Account, Region};
use super::keys::Keys;
use data::Data;
use family::Family;
use jiff::Timestamp;
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

/// The metrics of an account in a Region.
#[derive(Debug)]
pub(super) struct Metrics<'a> {
    account: &'a Account<'a>,
    region: &'a Region,
    keys: Keys<'a>,
    as_of: Timestamp,
}

/// Which metrics a request is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted<'q> {
    pub namespace: Option<&'q str>,
    pub name: Option<&'q str>,
    /// Each with its value, or with any.
    pub dimensions: Vec<(&'q str, Option<&'q str>)>,
}

/// A metric: what it is called and where its data come from.
#[derive(Clone, Debug)]
pub(super) struct Metric<'a> {
    pub namespace: &'static str,
    pub name: &'static str,
    pub dimensions: Vec<(&'static str, Cow<'a, str>)>,
    data: Data<'a>,
}

/// The datapoints of the metrics that one request asks for. What the keys of a template share is computed once.
#[derive(Debug)]
pub(super) struct Datapoints<'m> {
    window: Range<i64>,
    newest_first: bool,
    as_of: Timestamp,
    computed: Vec<Computed<'m>>,
}

#[derive(Debug)]
struct Computed<'m> {
    data: Data<'m>,
    period: i64,
    statistic: Statistic,
    datapoints: Rc<[(i64, f64)]>,
}

/// Metrics in the order of ListMetrics.
#[derive(Debug)]
pub(super) struct Listing<'m>(Vec<Family<'m>>);

impl<'a> Metrics<'a> {
    /// The metrics that a call can see.
    pub fn of(call: &'a Call<'_>, region: &'a Region) -> Metrics<'a> {
        let account = &call.identity.account;
        Metrics {
            account,
            region,
            keys: region.keys.of(&account.id, &call.estate.partition, &region.name),
            as_of: call.estate.as_of,
        }
    }

    /// The metric with exactly this namespace, name and dimensions.
    pub fn find(&self, wanted: &Wanted<'_>) -> Option<Metric<'_>> {
        let is_whole = wanted.namespace.is_some() && wanted.name.is_some();
        if !is_whole || wanted.dimensions.iter().any(|(_, value)| value.is_none()) {
            return None;
        }
        let mut families = self.families(wanted);
        families.find(|family| family.is_all_of(wanted))?.metric(0)
    }

    /// The metrics that match and had data in the minutes before now.
    pub fn list(&self, wanted: &Wanted<'_>, minutes: i64) -> Listing<'_> {
        let families = self.families(wanted);
        Listing(
            families
                .filter(|family| family.data.is_there(self.as_of, minutes))
                .collect(),
        )
    }

    /// The families of what is wanted, each reduced to it.
    fn families(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = Family<'_>> {
        let of_namespace = |namespace: &str| wanted.namespace.is_none_or(|wanted| wanted == namespace);
        let usage = of_namespace(usage::NAMESPACE).then(|| usage::families(self.region));
        let kms = of_namespace(kms::NAMESPACE).then(|| kms::families(&self.keys, &self.region.custom_key_stores));
        let s3 = of_namespace(s3::NAMESPACE)
            .then(|| s3::families(self.account, self.region, wanted.value("BucketName")));
        let families = usage.into_iter().flatten();
        let families = families.chain(kms.into_iter().flatten());
        let families = families.chain(s3.into_iter().flatten());
        families.filter_map(|family| family.reduced_to(wanted))
    }
}

impl<'q> Wanted<'q> {
    fn value(&self, dimension: &str) -> Option<&'q str> {
        let mut dimensions = self.dimensions.iter();
        dimensions.find(|(name, _)| *name == dimension)?.1
    }
}

impl<'m> Listing<'m> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(Family::len).sum()
    }

    /// Those at these positions.
    pub fn metrics(&self, positions: Range<usize>) -> Vec<Metric<'m>> {
        let mut first = 0;
        let mut metrics = Vec::with_capacity(positions.len());
        for family in &self.0 {
            let after = first + family.len();
            let here = positions.start.clamp(first, after)..positions.end.clamp(first, after);
            metrics.extend(here.filter_map(|position| family.metric(position - first)));
            first = after;
        }
        metrics
    }
}

impl<'m> Datapoints<'m> {
    /// The datapoints with a start in `window`, in seconds, of a CloudWatch that knows nothing after `as_of`.
    pub fn new(window: Range<i64>, newest_first: bool, as_of: Timestamp) -> Datapoints<'m> {
        Datapoints {
            window,
            newest_first,
            as_of,
            computed: Vec::new(),
        }
    }

    /// The starts of periods, each with its value; a period without samples has none.
    pub fn of(&mut self, metric: Metric<'m>, period: i64, statistic: Statistic) -> Rc<[(i64, f64)]> {
        let mut computed = self.computed.iter();
        let same = computed.find(|computed| {
            (computed.period, computed.statistic) == (period, statistic) && computed.data.is_same_as(&metric.data)
        });
        if let Some(same) = same {
            return Rc::clone(&same.datapoints);
        }
        let mut datapoints = metric.data.points(self.window.clone(), period, statistic, self.as_of);
        if self.newest_first {
            datapoints.reverse();
        }
        let datapoints: Rc<[(i64, f64)]> = datapoints.into();
        self.computed.push(Computed {
            data: metric.data,
            period,
            statistic,
            datapoints: Rc::clone(&datapoints),
        });
        datapoints
    }
}
