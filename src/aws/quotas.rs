//! What are the request quotas of an account in a Region?

use std::collections::BTreeMap;

use aws_sdk_servicequotas::types::{PeriodUnit, ServiceQuota};

use super::error::CallError;
use super::operations::{
    Operation, SERVICEQUOTAS_LIST_AWS_DEFAULT_SERVICE_QUOTAS as LIST_DEFAULT,
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
        applied_value: Fact::NotCollected,
        default: None,
        metric: quota.metric(),
        usage: Fact::NotCollected,
        contributors: Fact::NotCollected,
    }
}

/// Takes over what Service Quotas says of a quota, if it is a request quota.
fn adopt(rates: &mut BTreeMap<String, RequestQuota>, quota: &ServiceQuota, source: LimitSource) {
    let Some(code) = quota.quota_code() else {
        return;
    };
    let known = rates.get(code);
    let Some(metric) = usage_metric(quota).or_else(|| known.map(|known| known.metric.clone())) else {
        return;
    };
    if metric.name != REQUEST_METRIC {
        return;
    }
    let pool = metric
        .dimensions
        .get("Resource")
        .map_or(code, String::as_str)
        .to_owned();
    let mut adopted = known.cloned().unwrap_or(RequestQuota {
        code: code.to_owned(),
        name: quota.quota_name().unwrap_or(code).to_owned(),
        pool: pool.clone(),
        limit: RequestsPerSecond(0.0),
        limit_source: source,
        applied_value: Fact::NotCollected,
        default: None,
        metric: metric.clone(),
        usage: Fact::NotCollected,
        contributors: Fact::NotCollected,
    });
    adopted.pool = pool;
    adopted.metric = metric;
    let operation = match source {
        LimitSource::Applied => LIST_APPLIED,
        LimitSource::Default | LimitSource::Builtin => LIST_DEFAULT,
    };
    match (limit(operation, quota, known.is_some()), source) {
        (Ok(limit), LimitSource::Applied) => {
            (adopted.limit, adopted.limit_source, adopted.applied_value) = (limit, source, Fact::Known(()));
        }
        (Ok(limit), LimitSource::Default | LimitSource::Builtin) => {
            (adopted.limit, adopted.limit_source, adopted.default) = (limit, source, Some(limit));
        }
        // The limit stays what it was, and is not known to be the account's own.
        (Err(error), _) => adopted.applied_value = Fact::Unavailable(error.into()),
    }
    rates.insert(code.to_owned(), adopted);
}

/// The limit per second. Service Quotas can name a quota without its value, and say why.
fn limit(operation: &Operation, quota: &ServiceQuota, is_known: bool) -> Result<RequestsPerSecond, CallError> {
    let Some(value) = quota.value() else {
        let reason = quota.error_reason();
        let code = reason
            .and_then(|reason| reason.error_code())
            .map_or("MissingValue", |code| code.as_str());
        let message = reason
            .and_then(|reason| reason.error_message())
            .unwrap_or("the quota has no value");
        return Err(CallError::new(operation, code, message));
    };
    match (quota.period(), period_seconds(quota)) {
        (_, Some(seconds)) => Ok(RequestsPerSecond(value / seconds)),
        // A quota of the built-in table is known to be per second even where the answer does not say so.
        (None, None) if is_known => Ok(RequestsPerSecond(value)),
        _ => Err(CallError::new(
            operation,
            "UnknownPeriod",
            "the quota does not say for which time it is, in a unit this version knows",
        )),
    }
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
    operation: &'static Operation,
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
    use aws_sdk_servicequotas::types::{ErrorCode, ErrorReason, MetricInfo, QuotaPeriod};

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
    fn a_value_that_service_quotas_cannot_read_is_a_gap_and_no_default() {
        let mut rates = rates();
        adopt(
            &mut rates,
            &quota("L-6E3AF000", 10_000.0, PeriodUnit::Second),
            LimitSource::Default,
        );
        let reason = ErrorReason::builder()
            .error_code(ErrorCode::DependencyAccessDeniedError)
            .build();
        let unread = ServiceQuota::builder()
            .quota_code("L-6E3AF000")
            .error_reason(reason)
            .build();
        adopt(&mut rates, &unread, LimitSource::Applied);
        let symmetric = &rates["L-6E3AF000"];
        assert_eq!(
            (symmetric.limit, symmetric.limit_source),
            (RequestsPerSecond(10_000.0), LimitSource::Default)
        );
        assert_eq!(
            symmetric.applied_value.unavailable().unwrap().code,
            "DEPENDENCY_ACCESS_DENIED_ERROR"
        );
    }

    #[test]
    fn a_new_quota_without_a_period_has_no_limit_and_is_a_gap() {
        let mut rates = rates();
        let unknown = quota("L-NEW", 5.0, PeriodUnit::from("FORTNIGHT"));
        adopt(&mut rates, &unknown, LimitSource::Applied);
        assert_eq!(
            rates["L-NEW"].applied_value.unavailable().unwrap().code,
            "UnknownPeriod"
        );
        adopt(&mut rates, &unknown, LimitSource::Default);
        let operation = &rates["L-NEW"].applied_value.unavailable().unwrap().operation;
        assert_eq!(
            operation, "servicequotas:ListAWSDefaultServiceQuotas",
            "the list that named it so"
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
