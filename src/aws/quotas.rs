//! What are the request quotas of an account in a Region?

use std::collections::BTreeMap;

use aws_sdk_servicequotas::types::{PeriodUnit, ServiceQuota};

use super::error::CallError;
use super::operations::{
    SERVICEQUOTAS_LIST_AWS_DEFAULT_SERVICE_QUOTAS as LIST_DEFAULT,
    SERVICEQUOTAS_LIST_SERVICE_QUOTAS as LIST_APPLIED,
};
use super::paging::Pages;
use super::session::RegionSession;
use crate::facts::{Fact, LimitSource, RequestQuota, RequestsPerSecond, UsageMetric};
use crate::published::{self, PublishedQuota};

const SERVICE_CODE: &str = "kms";
const QUOTAS_A_PAGE: i32 = 100;

/// The metric that counts requests; quotas on resources have another.
const REQUEST_METRIC: &str = "CallCount";

/// What was read of the quotas of a Region.
#[derive(Debug)]
pub struct QuotasRead {
    /// Whether the applied values were listed.
    pub applied: Fact<()>,
    /// Whether the AWS defaults were listed.
    pub default: Fact<()>,
    /// The KMS request quotas with a usage metric, in the order of their codes; their use is not collected yet.
    pub quotas: Vec<RequestQuota>,
}

/// Reads the KMS request quotas: the applied values first, the AWS defaults where there are none, and the built-in
/// table where neither can be read.
pub async fn read_quotas(session: &RegionSession) -> QuotasRead {
    let (applied, default) = tokio::join!(list_applied(session), list_default(session));
    let mut rates: BTreeMap<String, RequestQuota> = published::request_quotas(&session.region)
        .into_iter()
        .map(|quota| (quota.code.to_owned(), builtin(&quota)))
        .collect();
    for (listed, source) in [(&default, LimitSource::Default), (&applied, LimitSource::Applied)] {
        for quota in listed.iter().flatten() {
            adopt(&mut rates, quota, source);
        }
    }
    QuotasRead {
        applied: applied.map(drop).into(),
        default: default.map(drop).into(),
        quotas: rates.into_values().collect(),
    }
}

fn builtin(quota: &PublishedQuota) -> RequestQuota {
    RequestQuota {
        code: quota.code.to_owned(),
        name: quota.name.to_owned(),
        pool: quota.pool.to_owned(),
        limit: quota.default,
        limit_source: LimitSource::Builtin,
        default: None,
        metric: quota.metric(),
        usage: Fact::NotCollected,
    }
}

/// Takes over what Service Quotas says of a quota, if it is a request quota whose period is known.
fn adopt(rates: &mut BTreeMap<String, RequestQuota>, quota: &ServiceQuota, source: LimitSource) {
    let (Some(code), Some(value)) = (quota.quota_code(), quota.value()) else {
        return;
    };
    let known = rates.get(code);
    let Some(metric) = usage_metric(quota).or_else(|| known.map(|known| known.metric.clone())) else {
        return;
    };
    if metric.name != REQUEST_METRIC {
        return;
    }
    // A quota of the built-in table is known to be per second even where the answer does not say so.
    let Some(seconds) = period_seconds(quota).or_else(|| known.map(|_| 1.0)) else {
        tracing::warn!(code, "a request quota without a period was left out");
        return;
    };
    let limit = RequestsPerSecond(value / seconds);
    let default = match source {
        LimitSource::Default => Some(limit),
        LimitSource::Applied | LimitSource::Builtin => known.and_then(|known| known.default),
    };
    let pool = metric
        .dimensions
        .get("Resource")
        .map_or(code, String::as_str)
        .to_owned();
    rates.insert(
        code.to_owned(),
        RequestQuota {
            code: code.to_owned(),
            name: quota.quota_name().unwrap_or(code).to_owned(),
            pool,
            limit,
            limit_source: source,
            default,
            metric,
            usage: Fact::NotCollected,
        },
    );
}

fn usage_metric(quota: &ServiceQuota) -> Option<UsageMetric> {
    let metric = quota.usage_metric()?;
    Some(UsageMetric {
        namespace: metric.metric_namespace()?.to_owned(),
        name: metric.metric_name()?.to_owned(),
        dimensions: metric
            .metric_dimensions()?
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    })
}

fn period_seconds(quota: &ServiceQuota) -> Option<f64> {
    let period = quota.period()?;
    let unit = match period.period_unit()? {
        PeriodUnit::Microsecond => 1e-6,
        PeriodUnit::Millisecond => 1e-3,
        PeriodUnit::Second => 1.0,
        PeriodUnit::Minute => 60.0,
        PeriodUnit::Hour => 3_600.0,
        PeriodUnit::Day => 86_400.0,
        PeriodUnit::Week => 604_800.0,
        _ => return None,
    };
    let seconds = f64::from(period.period_value()?) * unit;
    (seconds > 0.0).then_some(seconds)
}

async fn list_applied(session: &RegionSession) -> Result<Vec<ServiceQuota>, CallError> {
    let mut quotas = Vec::new();
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            session
                .service_quotas
                .list_service_quotas()
                .service_code(SERVICE_CODE)
                .max_results(QUOTAS_A_PAGE)
                .set_next_token(token.clone())
                .send()
        };
        let page = session.caller.call(LIST_APPLIED, request).await?;
        match take_page(LIST_APPLIED, &mut quotas, &mut pages, page.quotas, page.next_token)? {
            Some(next) => token = Some(next),
            None => return Ok(quotas),
        }
    }
}

async fn list_default(session: &RegionSession) -> Result<Vec<ServiceQuota>, CallError> {
    let mut quotas = Vec::new();
    let mut pages = Pages::default();
    let mut token = None;
    loop {
        let request = || {
            session
                .service_quotas
                .list_aws_default_service_quotas()
                .service_code(SERVICE_CODE)
                .max_results(QUOTAS_A_PAGE)
                .set_next_token(token.clone())
                .send()
        };
        let page = session.caller.call(LIST_DEFAULT, request).await?;
        match take_page(LIST_DEFAULT, &mut quotas, &mut pages, page.quotas, page.next_token)? {
            Some(next) => token = Some(next),
            None => return Ok(quotas),
        }
    }
}

/// Adds a page of quotas and decides what follows it.
fn take_page(
    operation: &'static super::Operation,
    quotas: &mut Vec<ServiceQuota>,
    pages: &mut Pages,
    page: Option<Vec<ServiceQuota>>,
    next_token: Option<String>,
) -> Result<Option<String>, CallError> {
    let Some(page) = page else {
        return Err(CallError::malformed(operation, "the answer has no list of quotas"));
    };
    let brought = page.len();
    quotas.extend(page);
    pages.next(operation, None, next_token.as_deref(), brought)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Region;
    use aws_sdk_servicequotas::types::{MetricInfo, QuotaPeriod};

    fn rates() -> BTreeMap<String, RequestQuota> {
        published::request_quotas(&Region::new("eu-west-3"))
            .into_iter()
            .map(|quota| (quota.code.to_owned(), builtin(&quota)))
            .collect()
    }

    fn quota(code: &str, value: f64, unit: PeriodUnit) -> ServiceQuota {
        ServiceQuota::builder()
            .quota_code(code)
            .quota_name("a request rate")
            .value(value)
            .period(QuotaPeriod::builder().period_value(1).period_unit(unit).build())
            .usage_metric(
                MetricInfo::builder()
                    .metric_namespace("AWS/Usage")
                    .metric_name("CallCount")
                    .metric_dimensions("Resource", "SomethingNew")
                    .build(),
            )
            .build()
    }

    #[test]
    fn an_applied_value_replaces_the_default_and_keeps_it_in_mind() {
        let mut rates = rates();
        adopt(
            &mut rates,
            &quota("L-6E3AF000", 10_000.0, PeriodUnit::Second),
            LimitSource::Default,
        );
        adopt(
            &mut rates,
            &quota("L-6E3AF000", 25_000.0, PeriodUnit::Second),
            LimitSource::Applied,
        );
        let symmetric = &rates["L-6E3AF000"];
        assert_eq!(symmetric.limit, RequestsPerSecond(25_000.0));
        assert_eq!(symmetric.limit_source, LimitSource::Applied);
        assert_eq!(symmetric.default, Some(RequestsPerSecond(10_000.0)));
        assert_eq!(
            symmetric.pool, "SomethingNew",
            "the dimensions are those Service Quotas states"
        );
    }

    #[test]
    fn a_quota_per_minute_is_compared_per_second() {
        let mut rates = rates();
        adopt(
            &mut rates,
            &quota("L-NEW", 600.0, PeriodUnit::Minute),
            LimitSource::Applied,
        );
        assert_eq!(rates["L-NEW"].limit, RequestsPerSecond(10.0));
    }

    #[test]
    fn a_quota_on_resources_is_not_a_request_quota() {
        let mut rates = rates();
        let resources = ServiceQuota::builder()
            .quota_code("L-C2F1777E")
            .value(100_000.0)
            .usage_metric(
                MetricInfo::builder()
                    .metric_namespace("AWS/Usage")
                    .metric_name("ResourceCount")
                    .metric_dimensions("Resource", "KeysPerAccount")
                    .build(),
            )
            .build();
        adopt(&mut rates, &resources, LimitSource::Applied);
        assert!(!rates.contains_key("L-C2F1777E"));
    }
}
