mod strikes;

use crate::sandbox::Sandbox;

/// An organization of a management account and two members, with the fault in line 12 and below.
const HEAD: &str = r#"as_of = 2026-06-15T06:00:00Z
account = { id = "111122223333" }
[organization]
[[region]]
name = "eu-west-3"
[[member]]
id = "20000000000{n}"
count = 2
region = [{ name = "eu-west-3" }]

[[fault]]
"#;

/// The message for an estate with this fault.
fn problem(head: &str, fault: &str) -> String {
    match Sandbox::from_toml("estate.toml", &format!("{head}{fault}")) {
        Ok(_) => panic!("accepted: {fault}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_fault_that_makes_no_sense_says_where_and_what_would() {
    for (fault, place, what) in [
        // Settings of another kind.
        (
            "kind = \"reset\"\nms = 5",
            "line 13, column 6",
            "`ms` means nothing to kind = \"reset\"; remove it, or use kind = `delay`",
        ),
        (
            "kind = \"error\"\nrps = 5",
            "line 13, column 7",
            "use kind = `throttle`",
        ),
        (
            "kind = \"error\"\nburst = 5",
            "line 13, column 9",
            "use kind = `throttle`",
        ),
        ("kind = \"delay\"\nms = 1\nseconds = 5", "line 14", "`clock-skew`"),
        ("kind = \"stall\"\ncode = \"SlowDown\"", "line 13, column 8", "`error`"),
        ("kind = \"denied-by-scp\"\nmessage = \"no\"", "line 13", "`error`"),
        ("kind = \"reset\"\nstatus = 500", "line 13", "`error` or `html`"),
        ("kind = \"throttle\"\ntimes = 3", "line 13, column 9", "remove it"),
        ("kind = \"throttle\"\nafter = 3", "line 13", "remove it"),
        ("kind = \"throttle\"\nrate = 0.5", "line 13", "remove it"),
        (
            "kind = \"clock-skew\"\nseconds = 600\ntimes = 1",
            "line 14",
            "remove it",
        ),
        ("kind = \"expired-credentials\"\ntimes = 1", "line 13", "remove it"),
        ("kind = \"expired-credentials\"\nrate = 0.1", "line 13", "remove it"),
        // Settings that contradict each other.
        ("kind = \"error\"\nseed = 7", "line 13, column 8", "add rate = 0.05"),
        (
            "kind = \"error\"\nrate = 0.1\ntimes = 3",
            "line 14",
            "`times` goes by the order",
        ),
        (
            "kind = \"error\"\nrate = 0.1\nafter = 3",
            "line 14",
            "`after` goes by the order",
        ),
        // Settings that are missing or out of bounds.
        ("kind = \"delay\"", "line 12, column 8", "add ms = 500"),
        ("kind = \"clock-skew\"", "line 12", "add seconds = 3600"),
        ("kind = \"clock-skew\"\nseconds = 0", "line 13, column 11", "ahead"),
        (
            "kind = \"error\"\nrate = 0.0",
            "line 13, column 8",
            "above 0 and below 1",
        ),
        (
            "kind = \"error\"\nrate = 1.0",
            "line 13, column 8",
            "above 0 and below 1",
        ),
        (
            "kind = \"error\"\nrate = nan",
            "line 13, column 8",
            "above 0 and below 1",
        ),
        (
            "kind = \"error\"\nrate = -0.5",
            "line 13, column 8",
            "above 0 and below 1",
        ),
        ("kind = \"error\"\ntimes = 0", "line 13, column 9", "remove it"),
        ("kind = \"throttle\"\nrps = 0.0", "line 13, column 7", "from 0.001"),
        ("kind = \"throttle\"\nrps = inf", "line 13, column 7", "to 1000000"),
        ("kind = \"throttle\"\nburst = 0", "line 13, column 9", "at least 1"),
        ("kind = \"html\"\nstatus = 99", "line 13, column 10", "200 to 599"),
        // Nothing to strike.
        (
            "kind = \"error\"\noperation = \"ListKeys\"",
            "line 13, column 13",
            "add one",
        ),
        ("kind = \"throttle\"\nservice = \"s3\"", "line 12, column 8", "add rps"),
        (
            "kind = \"throttle\"\nservice = \"s3\"\noperation = \"ListBuckets\"",
            "line 14, column 13",
            "no request quota for s3:ListBuckets",
        ),
        (
            "kind = \"error\"\naccount = \"4*\"",
            "line 13, column 11",
            "called `4*`",
        ),
        (
            "kind = \"error\"\nregion = \"us-east-1\"",
            "line 13, column 10",
            "`eu-west-3`",
        ),
        (
            "kind = \"error\"\nservice = \"s3\"\nkey = \"alias/a\"",
            "line 14, column 7",
            "service = \"kms\"",
        ),
        (
            "kind = \"error\"\nservice = \"kms\"\nbucket = \"b\"",
            "line 14, column 10",
            "service = \"s3\"",
        ),
        ("kind = \"missing-marker\"", "line 12, column 8", "service = \"kms\""),
        // Service control policies.
        (
            "kind = \"denied-by-scp\"\naccount = \"111122223333\"",
            "line 13, column 11",
            "never apply to the management account, 111122223333",
        ),
        (
            "kind = \"denied-by-scp\"\nservice = \"sts\"\noperation = \"GetCallerIdentity\"",
            "line 14, column 13",
            "no policy can deny",
        ),
    ] {
        let message = problem(HEAD, fault);
        assert!(
            message.starts_with(&format!("estate.toml, {place}")),
            "{fault}\n{message}"
        );
        assert!(message.contains(what), "{fault}\n{message}");
    }
}

#[test]
fn a_service_control_policy_needs_an_organization_with_members() {
    let alone =
        "as_of = 2026-06-15T06:00:00Z\naccount = { id = \"111122223333\" }\n[[region]]\nname = \"eu-west-3\"\n";
    let fault = "[[fault]]\nkind = \"denied-by-scp\"";
    let message = problem(alone, fault);
    assert!(message.starts_with("estate.toml, line 6, column 8"), "{message}");
    assert!(message.contains("add an [organization] section"), "{message}");
    let message = problem(&alone.replace("[[region]]", "[organization]\n[[region]]"), fault);
    assert!(
        message.contains("line 7, column 8") && message.contains("name a member account"),
        "{message}"
    );
}

#[test]
fn faults_that_make_sense_are_taken() {
    for fault in [
        "kind = \"denied-by-scp\"",
        "kind = \"denied-by-scp\"\naccount = \"*\"\nafter = 3\ntimes = 2",
        "kind = \"throttle\"",
        "kind = \"throttle\"\nservice = \"kms\"\nrps = 0.5\nburst = 3",
        "kind = \"expired-credentials\"\nafter = 100",
        "kind = \"clock-skew\"\nservice = \"s3\"\nseconds = -600",
        "kind = \"stall\"\nrate = 0.5\nseed = 1",
        "kind = \"html\"\nstatus = 503",
    ] {
        assert!(
            Sandbox::from_toml("e.toml", &format!("{HEAD}{fault}")).is_ok(),
            "{fault}"
        );
    }
}
