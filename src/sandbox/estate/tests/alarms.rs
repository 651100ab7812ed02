use super::problem;

const ONE: &str = r#"namespace = "N", metric = "M", stat = "Sum", period = 60"#;
const ABOVE: &str = r#"threshold = 1, comparison = "GreaterThanThreshold""#;
const LOG: &str = r#"type = "log", query = "q", log_groups = ["g"]"#;

/// Every table has the field that its lines are put into.
fn check(field: &str, table: impl IntoIterator<Item = (String, &'static str)>) {
    for (lines, what) in table {
        let message = problem(&format!("{field} = [{{ {lines} }}]"));
        assert!(
            message.starts_with("estate.toml, line 5, column "),
            "{lines}\n{message}"
        );
        assert!(message.contains(what), "{lines}\n{message}");
    }
}

#[test]
fn what_every_alarm_has_is_checked() {
    let alarm = |lines: &str| format!("{ONE}, {ABOVE}, {lines}");
    let twice = format!(r#"name = "a-1" }}, {{ name = "a-{{n}}", count = 2, {ONE}, {ABOVE}"#);
    check(
        "alarm",
        [
            (format!("{ONE}, {ABOVE}"), "missing field `name`"),
            (alarm(r#"name = """#), "1 to 255 characters"),
            (alarm(r#"name = "a", count = 2"#), "put {n} into the name"),
            (alarm(&twice), "`a-1` is there twice"),
            (alarm(r#"name = "a", type = "maths""#), "`composite`"),
            (alarm(r#"name = "a", state = "Ok""#), "`INSUFFICIENT_DATA`"),
            (
                alarm(r#"name = "a", ok_actions = ["1", "2", "3", "4", "5", "6"]"#),
                "at most 5 actions",
            ),
            (alarm(r#"name = "a", updated = 2027-01-01T00:00:00Z"#), "after as_of"),
            (alarm(r#"name = "a", rule = "TRUE""#), "use the type `composite`"),
        ],
    );
}

#[test]
fn an_alarm_on_a_metric_needs_a_metric_and_a_condition() {
    let of_metric = |stat: &str, period: u32| {
        format!(r#"name = "a", namespace = "N", metric = "M", stat = "{stat}", period = {period}, {ABOVE}"#)
    };
    let one = |lines: &str| format!(r#"name = "a", {ONE}, {lines}"#);
    check(
        "alarm",
        [
            (format!(r#"name = "a", {ABOVE}"#), "namespace, metric, stat and period"),
            (of_metric("sum", 60), "`Sum`, `Maximum` or `p99`"),
            (of_metric("p101", 60), "`p101` is no statistic"),
            (of_metric("p99", 90), "a multiple of 60"),
            (of_metric("p99", 0), "a multiple of 60"),
            (one("threshold = 1"), "add comparison"),
            (one(r#"comparison = "GreaterThanThreshold""#), "add threshold = 70"),
            (
                one(r#"threshold = 1, comparison = "GreaterThan""#),
                "`GreaterThanThreshold`",
            ),
            (
                one(r#"threshold = 1, comparison = "LessThanLowerThreshold""#),
                "add threshold_metric",
            ),
            (one(&format!("{ABOVE}, evaluation_periods = 0")), "1 or more"),
            (
                one(&format!("{ABOVE}, evaluation_periods = 3, datapoints_to_alarm = 4")),
                "1 to 3, which is evaluation_periods",
            ),
        ],
    );
}

#[test]
fn an_alarm_on_several_metrics_watches_one_of_them() {
    let math = |entries: &str| format!(r#"name = "a", {ABOVE}, metrics = [{entries}]"#);
    let watched = r#"{ id = "e", expression = "1", return_data = true }"#;
    check(
        "alarm",
        [
            (format!("{}, period = 60", math(watched)), "into an entry of `metrics`"),
            (math(&watched.replace("\"e\"", "\"E\"")), "`E` is no id"),
            (math(&format!("{watched}, {watched}")), "`e` is there twice"),
            (
                math(&format!("{watched}, {}", watched.replace("\"e\"", "\"f\""))),
                "watches one entry",
            ),
            (math(r#"{ id = "e", expression = "1" }"#), "return_data = true"),
            (
                math(r#"{ id = "e", expression = "1", dimensions = {}, return_data = true }"#),
                "an expression or a metric",
            ),
            (
                math(r#"{ id = "m", metric = "M", return_data = true }"#),
                "namespace, metric, stat and period",
            ),
            (
                math(r#"{ id = "e", expression = "1", return_data = true, account = "1" }"#),
                "12 digits",
            ),
        ],
    );
}

#[test]
fn an_alarm_on_an_anomaly_detection_band_has_the_band_for_a_threshold() {
    let band = |id: &str, lines: &str| {
        format!(
            r#"name = "a", threshold_metric = "{id}", {lines}, metrics = [
               {{ id = "b", expression = "ANOMALY_DETECTION_BAND(m)", return_data = true }},
               {{ id = "m", {ONE}, return_data = true }}]"#
        )
    };
    let beyond = r#"comparison = "GreaterThanUpperThreshold""#;
    check(
        "alarm",
        [
            (band("b", ABOVE), "remove one of the two"),
            (
                band("b", r#"comparison = "GreaterThanThreshold""#),
                "GreaterThanUpperThreshold",
            ),
            (band("c", beyond), "no entry of `metrics` has the id `c`"),
        ],
    );
}

#[test]
fn composite_and_log_alarms_need_what_they_watch() {
    let log = |lines: &str| format!(r#"name = "a", {LOG}, {lines}"#);
    let composite = |lines: &str| format!(r#"name = "a", type = "composite"{lines}"#);
    check(
        "alarm",
        [
            (composite(""), "add rule ="),
            (composite(r#", rule = """#), "1 to 10240 characters"),
            (composite(&format!(r#", rule = "TRUE", {ABOVE}"#)), "`metric` or `log`"),
            (
                format!(r#"name = "a", type = "log", log_groups = ["g"], {ABOVE}"#),
                "add query =",
            ),
            (
                format!(r#"name = "a", type = "log", query = "q", {ABOVE}"#),
                "add log_groups",
            ),
            (
                format!(r#"name = "a", type = "log", query = "q", log_groups = [], {ABOVE}"#),
                "1 to 50 log groups",
            ),
            (
                log(&format!("{ABOVE}, start_offset = 60, end_offset = 60")),
                "start_offset = 300",
            ),
            (
                log(&format!("{ABOVE}, results_to_alarm = 2")),
                "which is results_to_evaluate",
            ),
            (log("threshold = 1"), "add comparison"),
        ],
    );
}

#[test]
fn a_metric_filter_is_checked_as_cloudwatch_logs_would() {
    let filter = |lines: &str| format!(r#"pattern = "p", log_group = "g", namespace = "N", metric = "M", {lines}"#);
    let twice = format!(r#"name = "f" }}, {{ {}"#, filter(r#"name = "f""#));
    let elsewhere = filter(r#"name = "f""#).replace("\"g\"", "\"a b\"");
    check(
        "metric_filter",
        [
            (elsewhere, "no name of a log group"),
            (filter(r#"name = "f:1""#), "none of them one of :*"),
            (filter(r#"name = "f", count = 2"#), "put {n} into the name"),
            (filter(&twice), "`f` is there twice"),
            (
                filter(r#"name = "f", dimensions = { a = "$.a" }, default_value = 0"#),
                "none beside a default_value",
            ),
        ],
    );
}
