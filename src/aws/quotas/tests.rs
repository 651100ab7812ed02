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

fn key_count(applied: Option<f64>, default: Option<f64>) -> (f64, LimitSource) {
    let list = |value: Option<f64>| {
        let quota = ServiceQuota::builder().quota_code("L-C2F1777E").set_value(value);
        let others = quota_of_another_code();
        Ok(vec![others, quota.build()])
    };
    let quota = key_count_quota([
        (&list(applied), LimitSource::Applied),
        (&list(default), LimitSource::Default),
    ]);
    assert_eq!(quota.code, "L-C2F1777E");
    (quota.limit, quota.limit_source)
}

fn quota_of_another_code() -> ServiceQuota {
    quota("L-6E3AF000", 10_000.0, PeriodUnit::Second)
}

#[test]
fn the_number_of_keys_is_limited_by_the_applied_value_before_the_default_before_the_built_in_one() {
    assert_eq!(
        key_count(Some(250_000.0), Some(100_000.0)),
        (250_000.0, LimitSource::Applied)
    );
    assert_eq!(key_count(None, Some(90_000.0)), (90_000.0, LimitSource::Default));
    assert_eq!(key_count(None, None), (100_000.0, LimitSource::Builtin));
    let denied = || Err(CallError::new(LIST_APPLIED, "AccessDeniedException", "no"));
    let unread = key_count_quota([(&denied(), LimitSource::Applied), (&denied(), LimitSource::Default)]);
    assert_eq!((unread.limit, unread.limit_source), (100_000.0, LimitSource::Builtin));
}
