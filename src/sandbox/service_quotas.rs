//! Service Quotas: JSON 1.1. It knows the quotas of KMS and of no other service.

use super::call::Call;
use super::estate::{Quota, Region};
use super::faults::Subject;
use super::paging::{PagingFault, page};
use super::request::{Reply, Response};
use super::service::{AWS_JSON, Refusal, Service, page_size};
use super::wire::json::{operation, read};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    service_code: Option<String>,
    quota_code: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn answer(call: &Call<'_>, region: &Region) -> Reply {
    let operation = operation(call.request, "ServiceQuotasV20190624.");
    let input: Input = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let subject = Subject {
        operation,
        token: input.next_token.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| {
        let body = match operation {
            "GetAWSDefaultServiceQuota" => get(&input, region, |quota| Some(default(call, quota))),
            "GetServiceQuota" => get(&input, region, |quota| applied(call, quota)),
            "ListAWSDefaultServiceQuotas" => {
                let quotas = region.quotas.iter();
                list(call, operation, &input, quotas.map(|quota| default(call, quota)), fault)
            }
            "ListServiceQuotas" => {
                let quotas = region.quotas.iter().filter(|quota| {
                    let wanted = input.quota_code.as_ref();
                    wanted.is_none_or(|code| *code == quota.catalogue.code)
                });
                list(
                    call,
                    operation,
                    &input,
                    quotas.filter_map(|quota| applied(call, quota)),
                    fault,
                )
            }
            other => Err(Service::Quotas.unknown_operation(other)),
        };
        Ok(Response::ok(AWS_JSON, body?.to_string()))
    })
}

/// The one quota that is asked for.
fn get(input: &Input, region: &Region, found: impl FnOnce(&Quota) -> Option<Value>) -> Result<Value, Refusal> {
    check_service_code(input)?;
    let code = input.quota_code.as_deref().ok_or_else(|| missing("quotaCode"))?;
    let quota = region.quotas.iter().find(|quota| quota.catalogue.code == code);
    let quota = quota.and_then(found).ok_or_else(|| {
        let what = format!("The request failed because the specified service quota does not exist: {code}");
        Refusal::new("NoSuchResourceException", what)
    })?;
    Ok(json!({ "Quota": quota }))
}

fn list(
    call: &Call<'_>,
    operation: &str,
    input: &Input,
    quotas: impl Iterator<Item = Value>,
    fault: Option<PagingFault>,
) -> Result<Value, Refusal> {
    check_service_code(input)?;
    let quotas: Vec<Value> = quotas.collect();
    let size = page_size(input.max_results, "maxResults", 100, 100)?;
    let list = format!("{operation}/{}", call.region);
    let page = page(&list, quotas.len(), size, input.next_token.as_deref(), fault)
        .ok_or_else(|| Refusal::new("InvalidPaginationTokenException", "The pagination token is not valid."))?;
    let mut body = json!({ "Quotas": quotas[page.range] });
    if let Some(next) = page.next {
        body["NextToken"] = next.into();
    }
    Ok(body)
}

fn check_service_code(input: &Input) -> Result<(), Refusal> {
    match input.service_code.as_deref() {
        Some("kms") => Ok(()),
        Some(other) => Err(Refusal::new(
            "NoSuchResourceException",
            format!("The request failed because the specified service does not exist: {other}"),
        )),
        None => Err(missing("serviceCode")),
    }
}

fn missing(member: &str) -> Refusal {
    Refusal::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ),
    )
}

fn default(call: &Call<'_>, quota: &Quota) -> Value {
    service_quota(call, quota, quota.default, "")
}

/// `None` for a quota without an applied value.
fn applied(call: &Call<'_>, quota: &Quota) -> Option<Value> {
    let mut json = service_quota(call, quota, quota.applied?, &call.identity.account.id);
    json["QuotaAppliedAtLevel"] = "ACCOUNT".into();
    Some(json)
}

/// The shape `ServiceQuota`; a default belongs to no account.
fn service_quota(call: &Call<'_>, quota: &Quota, value: f64, account: &str) -> Value {
    let catalogue = quota.catalogue;
    let partition = &call.estate.partition;
    let (region, code) = (call.region, &catalogue.code);
    let mut json = json!({
        "ServiceCode": "kms",
        "ServiceName": "AWS Key Management Service (AWS KMS)",
        "QuotaArn": format!("arn:{partition}:servicequotas:{region}:{account}:kms/{code}"),
        "QuotaCode": code,
        "QuotaName": catalogue.name,
        "Value": value,
        "Unit": "None",
        "Adjustable": catalogue.adjustable,
        "GlobalQuota": false,
    });
    if let Some(metric) = &catalogue.usage_metric {
        let dimensions = metric.dimensions().into_iter();
        let dimensions = dimensions.map(|(name, value)| (name.to_owned(), Value::from(value)));
        json["UsageMetric"] = json!({
            "MetricNamespace": "AWS/Usage",
            "MetricName": metric.name(),
            "MetricDimensions": dimensions.collect::<serde_json::Map<_, _>>(),
            "MetricStatisticRecommendation": metric.statistic(),
        });
        if metric.is_rate {
            json["Period"] = json!({ "PeriodValue": 1, "PeriodUnit": "SECOND" });
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::super::{Sandbox, testing};
    use aws_sdk_servicequotas::error::ProvideErrorMetadata;
    use aws_sdk_servicequotas::types::{AppliedLevelEnum, PeriodUnit, ServiceQuota};

    async fn quota(sandbox: &Sandbox, region: &str, code: &str) -> Option<ServiceQuota> {
        let client = testing::service_quotas(sandbox, region);
        let quotas = client.list_service_quotas().service_code("kms");
        let mut pages = quotas.max_results(20).into_paginator().send();
        let mut found = None;
        let mut calls = 0;
        while let Some(page) = pages.next().await {
            let quotas = page.unwrap().quotas.unwrap().into_iter();
            found = found.or(quotas.into_iter().find(|quota| quota.quota_code() == Some(code)));
            calls += 1;
        }
        assert_eq!(calls, 3);
        found
    }

    #[tokio::test]
    async fn the_symmetric_quota_has_the_value_of_its_region_and_its_usage_metric() {
        let sandbox = Sandbox::built_in().unwrap();
        for (region, value) in [
            ("eu-west-3", 10_000.0),
            ("eu-central-1", 20_000.0),
            ("us-east-1", 100_000.0),
        ] {
            let quota = quota(&sandbox, region, "L-6E3AF000").await.unwrap();
            assert_eq!(quota.value(), Some(value));
            let metric = quota.usage_metric().unwrap();
            let dimension = |name: &str| metric.metric_dimensions().unwrap()[name].as_str();
            assert_eq!(dimension("Resource"), "CryptographicOperationsSymmetric");
            assert_eq!(dimension("Type"), "API");
            assert_eq!(metric.metric_statistic_recommendation(), Some("Sum"));
            let period = quota.period().unwrap();
            assert_eq!(period.period_value(), Some(1));
            assert_eq!(period.period_unit(), Some(&PeriodUnit::Second));
        }
    }

    #[tokio::test]
    async fn an_estate_can_raise_a_quota_or_leave_it_out() {
        let sandbox = testing::sandbox(
            r#"
            as_of = 2026-06-15T06:00:00Z
            account = { id = "111122223333" }
            [[region]]
            name = "eu-west-3"
            quota = [
                { code = "L-6E3AF000", applied = 15_000 },
                { code = "L-2AC98190", applied = "absent" },
            ]
            "#,
        );
        let raised = quota(&sandbox, "eu-west-3", "L-6E3AF000").await;
        assert_eq!(raised.unwrap().value(), Some(15_000.0));
        assert!(quota(&sandbox, "eu-west-3", "L-2AC98190").await.is_none());
        let client = testing::service_quotas(&sandbox, "eu-west-3");
        let defaults = client.list_aws_default_service_quotas().service_code("kms");
        let defaults = defaults.send().await.unwrap().quotas.unwrap();
        let default = |code: &str| {
            let quota = defaults.iter().find(|quota| quota.quota_code() == Some(code));
            quota.unwrap().value()
        };
        assert_eq!(default("L-6E3AF000"), Some(10_000.0));
        assert_eq!(default("L-2AC98190"), Some(1_000.0));
    }

    #[tokio::test]
    async fn one_quota_can_be_asked_for_applied_or_default() {
        let sandbox = testing::sandbox(
            r#"
            as_of = 2026-06-15T06:00:00Z
            account = { id = "111122223333" }
            [[region]]
            name = "eu-west-3"
            quota = [
                { code = "L-6E3AF000", applied = 15_000 },
                { code = "L-2AC98190", applied = "absent" },
            ]
            "#,
        );
        let client = testing::service_quotas(&sandbox, "eu-west-3");
        let applied = |service: &str, code: &str| {
            let call = client.get_service_quota().service_code(service);
            call.quota_code(code).send()
        };
        let quota = applied("kms", "L-6E3AF000").await.unwrap().quota.unwrap();
        assert_eq!(quota.value(), Some(15_000.0));
        assert_eq!(quota.quota_applied_at_level(), Some(&AppliedLevelEnum::Account));
        assert!(quota.quota_arn().unwrap().contains(":111122223333:"));
        for (service, code) in [("kms", "L-2AC98190"), ("kms", "L-00000000"), ("ec2", "L-6E3AF000")] {
            let error = applied(service, code).await.unwrap_err();
            assert_eq!(error.code(), Some("NoSuchResourceException"), "{service} {code}");
        }
        let default = |code: &str| {
            let call = client.get_aws_default_service_quota().service_code("kms");
            call.quota_code(code).send()
        };
        for (code, value) in [("L-6E3AF000", 10_000.0), ("L-2AC98190", 1_000.0)] {
            let quota = default(code).await.unwrap().quota.unwrap();
            assert_eq!((quota.value(), quota.quota_applied_at_level()), (Some(value), None));
        }
        let error = default("L-00000000").await.unwrap_err();
        assert_eq!(error.code(), Some("NoSuchResourceException"));
    }

    #[tokio::test]
    async fn other_services_and_bad_tokens_are_refused() {
        let sandbox = testing::sandbox(testing::SMALL);
        let client = testing::service_quotas(&sandbox, "eu-west-3");
        let quotas = || client.list_service_quotas();
        let other = quotas().service_code("ec2").send().await.unwrap_err();
        assert_eq!(other.code(), Some("NoSuchResourceException"));
        let token = quotas().service_code("kms").next_token("x").send().await;
        assert_eq!(token.unwrap_err().code(), Some("InvalidPaginationTokenException"));
    }
}
