use super::*;

fn result(status: Option<StatusCode>) -> MetricDataResult {
    MetricDataResult::builder().id("m0").set_status_code(status).build()
}

fn verdict(statuses: impl IntoIterator<Item = StatusCode>) -> Result<(), CallError> {
    let mut said = Said::default();
    for status in statuses {
        said.hear(&result(Some(status)));
    }
    said.verdict()
}

#[test]
fn datapoints_that_are_not_complete_on_the_last_page_are_no_answer() {
    assert_eq!(verdict([StatusCode::PartialData, StatusCode::Complete]), Ok(()));
    for status in [
        StatusCode::PartialData,
        StatusCode::InternalError,
        StatusCode::Forbidden,
    ] {
        let code = status.as_str().to_owned();
        assert_eq!(verdict([StatusCode::Complete, status]).unwrap_err().code, code);
    }
}

#[test]
fn a_metric_that_the_answer_leaves_out_is_no_answer() {
    assert_eq!(verdict([]).unwrap_err().code, "MalformedResponse");
}

#[cfg(feature = "sandbox")]
mod in_the_sandbox {
    use super::super::super::sandboxed::{calls, region};
    use super::super::super::window::{DAY, MINUTE};
    use super::*;

    /// Two steady metrics, and one with a single minute.
    const USAGE: &str = r#"
        usage = [
            { resource = "CryptographicOperationsSymmetric", constant = { rps = 2 } },
            { resource = "CryptographicOperationsRsa", batch = [{ start = 2026-06-14T01:28:00Z, minutes = 1, rps = 5 }] },
            { resource = "DescribeKey", constant = { rps = 1 } },
        ]
    "#;

    fn usage(resource: &str) -> Metric {
        let dimensions = [
            ("Service", "KMS"),
            ("Type", "API"),
            ("Resource", resource),
            ("Class", "None"),
        ];
        metric("AWS/Usage", "CallCount", dimensions)
    }

    fn days(days: u32) -> UsageWindow {
        UsageWindow::before("2026-06-15T06:00:00Z".parse().unwrap(), days)
    }

    /// The sums of the metrics, by position, and how each of them ended.
    async fn sums(
        session: &RegionSession,
        window: UsageWindow,
        period_seconds: u32,
        metrics: Vec<Metric>,
    ) -> (Vec<Vec<f64>>, Vec<Result<(), CallError>>) {
        let mut sums = vec![Vec::new(); metrics.len()];
        let question = Sums {
            session,
            window,
            period_seconds,
        };
        let answers = question
            .each(metrics.into_iter(), |n, datapoint| sums[n].push(datapoint.sum))
            .await;
        (sums, answers)
    }

    #[tokio::test]
    async fn metrics_are_asked_for_by_five_hundred_or_by_all_the_datapoints_of_a_request() {
        let (account, session) = region(USAGE).await;
        let quiet = || (0..999).map(|_| usage("CreateKey"));
        let many = quiet().chain([usage("CryptographicOperationsRsa")]).collect();
        let minute = UsageWindow::minute_at("2026-06-14T01:28:00Z".parse().unwrap());
        let (sums_of_one_minute, answers) = sums(&session, minute, MINUTE, many).await;
        assert_eq!(calls(&account, "GetMetricData"), 2);
        assert_eq!((answers.len(), answers.iter().all(Result::is_ok)), (1000, true));
        assert_eq!(sums_of_one_minute.last(), Some(&vec![300.0]));
        assert!(sums_of_one_minute[..999].iter().all(Vec::is_empty));

        // Fourteen days of minutes, five metrics a request: eleven in three.
        let (_, answers) = sums(&session, days(14), MINUTE, quiet().take(11).collect()).await;
        assert_eq!((calls(&account, "GetMetricData"), answers.len()), (5, 11));
    }

    #[tokio::test]
    async fn each_metric_has_its_own_datapoints() {
        let (_, session) = region(USAGE).await;
        let metrics = [
            "DescribeKey",
            "CryptographicOperationsRsa",
            "CryptographicOperationsSymmetric",
        ];
        let window = days(2).since_midnight();
        let (sums, _) = sums(&session, window, DAY, metrics.map(usage).into()).await;
        let day = 86_400.0;
        assert_eq!(
            sums,
            [
                vec![day, day, day / 4.0],
                vec![300.0],
                vec![2.0 * day, 2.0 * day, day / 2.0]
            ]
        );
    }

    #[tokio::test]
    async fn a_region_that_refuses_once_is_not_asked_again() {
        let denied = format!(
            "{USAGE}\n[[fault]]\nservice = \"cloudwatch\"\noperation = \"GetMetricData\"\nkind = \"error\""
        );
        let (account, session) = region(&denied).await;
        let metrics = || vec![usage("DescribeKey"); 11];
        let (_, answers) = sums(&session, days(14), MINUTE, metrics()).await;
        let (_, again) = sums(&session, days(1), MINUTE, metrics()).await;
        assert_eq!(calls(&account, "GetMetricData"), 1);
        for answer in answers.into_iter().chain(again) {
            assert_eq!(answer.unwrap_err().code, "AccessDenied");
        }
    }

    #[tokio::test]
    async fn where_all_are_needed_what_follows_a_failure_is_not_asked_for() {
        let failing = format!(
            "{USAGE}\n[[fault]]\nservice = \"cloudwatch\"\noperation = \"GetMetricData\"\nkind = \"error\"\n\
             code = \"InvalidParameterValue\"\nafter = 1"
        );
        let (account, session) = region(&failing).await;
        let question = Sums {
            session: &session,
            window: days(14),
            period_seconds: MINUTE,
        };
        let metrics = vec![usage("DescribeKey"); 16].into_iter();
        let answer = question.all(metrics, |_, _| {}).await;
        assert_eq!(answer.unwrap_err().code, "InvalidParameterValue");
        assert_eq!(calls(&account, "GetMetricData"), 2);
    }
}
