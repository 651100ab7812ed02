use super::problem;

#[test]
fn a_wrong_trail_says_where_it_is_wrong_and_what_would_be_right() {
    let named = "name = \"trail\"\nhome_region = \"eu-west-3\"";
    let trail = |lines: &str| format!("{named}\n{lines}");
    let again = format!("[[trail]]\nbucket = \"b\"\n{named}");
    for (lines, place, what) in [
        (
            "home_region = \"eu-west-3\"\nname = \"no\"".to_owned(),
            "line 8, column 8",
            "3 to 128 characters",
        ),
        (
            "home_region = \"eu-west-3\"\nname = \"a..b\"".to_owned(),
            "line 8, column 8",
            "beside each other",
        ),
        (
            "name = \"trail\"\nhome_region = \"us-east-1\"".to_owned(),
            "line 8, column 15",
            "`eu-west-3`",
        ),
        (trail(&again), "line 11, column 8", "twice in eu-west-3"),
        (
            trail("organization = true"),
            "line 9, column 16",
            "only the management account",
        ),
        (
            trail("log_group = \"a b\""),
            "line 9, column 13",
            "no name of a log group",
        ),
        (
            trail("stopped = 2026-01-01T00:00:00Z"),
            "line 9, column 11",
            "logging = false",
        ),
        (
            trail("started = 2026-01-02T00:00:00Z\nlogging = false\nstopped = 2026-01-01T00:00:00Z"),
            "line 9, column 11",
            "an earlier instant",
        ),
        (
            trail("event_selectors = [{ read_write = \"Both\" }]"),
            "line 9, column 35",
            "`WriteOnly`",
        ),
        (
            trail("event_selectors = [{ exclude = [\"s3.amazonaws.com\"] }]"),
            "line 9, column 33",
            "`kms.amazonaws.com`",
        ),
        (
            trail("event_selectors = [{ data = [{ type = \"AWS::KMS::Key\", values = [] }] }]"),
            "line 9, column 39",
            "`AWS::S3::Object`",
        ),
        (trail("event_selectors = []"), "line 9, column 19", "1 to 5"),
        (
            trail("advanced_event_selectors = [{ fields = [{ field = \"eventCategory\" }] }]"),
            "line 9, column 41",
            "equals = [\"Management\"]",
        ),
        (
            trail("advanced_event_selectors = [{ fields = [{ field = \"readOnly\", equals = [\"true\"] }] }]"),
            "line 9, column 29",
            "needs a category",
        ),
        (
            trail("event_selectors = [{}]\nadvanced_event_selectors = []"),
            "line 10, column 28",
            "remove one of the two",
        ),
    ] {
        let message = problem(&format!("[[trail]]\nbucket = \"b\"\n{lines}"));
        assert!(message.contains(place), "{lines}\n{message}");
        assert!(message.contains(what), "{lines}\n{message}");
    }
}
