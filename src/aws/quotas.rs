//! What are the request quotas of an account in a Region?

use std::collections::BTreeMap;

use aws_sdk_servicequotas::types::{PeriodUnit, ServiceQuota};

use super::clients::RegionSession;
use super::error::{CallError, means_not_enabled};
use super::operations::{
    KMS_DESCRIBE_KEY, Operation, SERVICEQUOTAS_LIST_AWS_DEFAULT_SERVICE_QUOTAS as LIST_DEFAULT,
    SERVICEQUOTAS_LIST_SERVICE_QUOTAS as LIST_APPLIED, position,
};
use super::paging::Pages;
use crate::facts::{Fact, KeyCountQuota, LimitSource, RequestQuota, RequestsPerSecond, UsageMetric};
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
    /// How many keys the account may have.
    pub key_count: KeyCountQuota,
}

impl QuotasRead {
    /// Whether the Region does not accept the credentials at all, as a Region answers that is not enabled.
    pub fn says_not_enabled(&self) -> bool {
        let mut lists = [&self.applied, &self.default].into_iter();
        lists.all(|list| list.unavailable().is_some_and(|reason| means_not_enabled(&reason.code)))
    }
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
    keep_to(session, rates.values());
    QuotasRead {
        key_count: key_count_quota([(&applied, LimitSource::Applied), (&default, LimitSource::Default)]),
        applied: applied.map(drop).into(),
        default: default.map(drop).into(),
        quotas: rates.into_values().collect(),
    }
}

/// Paces the operations of KMS that have a quota of their own by what this account has of it.
fn keep_to<'q>(session: &RegionSession, quotas: impl Iterator<Item = &'q RequestQuota>) {
    for quota in quotas.filter(|quota| quota.limit_source != LimitSource::Builtin) {
        if let Some(position) = position(KMS_DESCRIBE_KEY.sdk_service, &quota.pool) {
            session.caller.pacer.adopt_quota(position, quota.limit.0);
        }
    }
}

/// The quota on the number of keys, from the first of these lists that states it.
fn key_count_quota(lists: [(&Result<Vec<ServiceQuota>, CallError>, LimitSource); 2]) -> KeyCountQuota {
    let stated = lists.into_iter().find_map(|(listed, source)| {
        let mut quotas = listed.iter().flatten();
        let quota = quotas.find(|quota| quota.quota_code() == Some(published::KEY_COUNT_QUOTA))?;
        Some((quota.value()?, source))
    });
    let (limit, limit_source) = stated.unwrap_or((published::DEFAULT_KEY_COUNT, LimitSource::Builtin));
    KeyCountQuota {
        code: published::KEY_COUNT_QUOTA.to_owned(),
        limit,
        limit_source,
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
mod tests;
