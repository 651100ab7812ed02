mod alarms;
mod trails;

use super::super::Sandbox;
use super::EstateError;

const HEAD: &str = "as_of = 2026-06-15T06:00:00Z\naccount = { id = \"111122223333\" }\n";

/// The message for an estate of one Region with these lines added to it.
fn problem(lines: &str) -> String {
    let text = format!("{HEAD}[[region]]\nname = \"eu-west-3\"\n{lines}");
    match Sandbox::from_toml("estate.toml", &text) {
        Ok(_) => panic!("accepted: {lines}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_wrong_estate_says_where_it_is_wrong_and_what_would_be_right() {
    for (lines, place, what) in [
        ("key = [{ state = \"Enable\" }]", "line 5, column 18", "`Enabled`"),
        ("keys = []", "line 5, column 1", "`key`"),
        ("key = [{ spec = \"AES\" }]", "line 5, column 17", "`SYMMETRIC_DEFAULT`"),
        (
            "key = [{ spec = \"RSA_2048\", usage = \"GENERATE_VERIFY_MAC\" }]",
            "line 5, column 37",
            "`ENCRYPT_DECRYPT` or `SIGN_VERIFY`",
        ),
        ("key = [{ alias = \"tenant\" }]", "line 5, column 18", "alias/"),
        ("key = [{ count = 2, alias = \"alias/a\" }]", "line 5", "{n}"),
        ("key = [{ count = 0 }]", "line 5", "count from 1"),
        ("key = [{ alias = \"alias/aws/s3\" }]", "line 5", "aws_managed = true"),
        (
            "key = [{ created = 2027-01-01T00:00:00Z }]",
            "line 5, column 20",
            "after as_of",
        ),
        (
            "key = [{ created = \"yesterday\" }]",
            "line 5, column 20",
            "2026-06-15T06:00:00Z",
        ),
        (
            "key = [{ created = 2026-01-01 }]",
            "line 5, column 20",
            "with an offset",
        ),
        ("key = [{ deletion_in_days = 3 }]", "line 5, column 29", "7 to 30"),
        ("key = [{ multi_region = \"replica\" }]", "line 5", "needs a primary"),
        ("quota = [{ code = \"L-1\" }]", "line 5, column 19", "L-6E3AF000"),
        (
            "quota = [{ code = \"L-6E3AF000\", applied = \"none\" }]",
            "line 5",
            "\"absent\"",
        ),
        (
            "usage = [{ resource = \"Decrypt\" }]",
            "line 5, column 23",
            "DescribeKey",
        ),
        (
            "usage = [{ resource = \"KeysPerAccount\" }]",
            "line 5",
            "no request quota",
        ),
        (
            "usage = [{ resource = \"DescribeKey\", constant = { rps = -1 } }]",
            "line 5, column 57",
            "0 or more",
        ),
        (
            "usage = [{ resource = \"DescribeKey\", business_hours = \
             { requests_per_month = 1, from = 18, to = 9 } }]",
            "line 5",
            "from = 9, to = 18",
        ),
        (
            "usage = [{ resource = \"DescribeKey\", business_hours = \
             { requests_per_month = 1, from = 9, to = 18, utc_offset = \"two\" } }]",
            "line 5",
            "\"+02:00\"",
        ),
        (
            "key = [{ requests = { GenerateMac = {} } }]",
            "line 5, column 37",
            "`GenerateDataKey`",
        ),
        ("key = [{ requests = { ListKeys = {} } }]", "line 5", "`Decrypt`"),
        (
            "key = [{ spec = \"HMAC_256\", requests = { VerifyMac = { constant = { rps = -2 } } } }]",
            "line 5, column 75",
            "0 or more",
        ),
        ("[[region]]\nname = \"eu-west-3\"", "line 6, column 8", "twice"),
        ("[[region]]\nname = \"Paris!\"", "line 6, column 8", "no Region name"),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"us-east-1\"\nencryption = \"SSE-S3\"",
            "line 7, column 10",
            "`eu-west-3`",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"AES256\"",
            "line 8, column 14",
            "`SSE-S3`",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-KMS\"\n\
             kms_key = \"alias/none\"",
            "line 9, column 11",
            "no key of eu-west-3",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-S3\"\nkms_key = \"alias/aws/s3\"",
            "line 9, column 11",
            "SSE-KMS",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"aws:fsx\"\nkms_key = \"alias/x\"",
            "line 9, column 11",
            "SSE-KMS",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"none\"\nblocks_sse_c = true",
            "line 9, column 16",
            "SSE-S3",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-KMS\"\nkms_key_account = \"111122223333\"",
            "line 9, column 19",
            "add kms_key",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-KMS\"\nkms_key = \"1234\"\nkms_key_account = \"111122223333\"",
            "line 10, column 19",
            "alias/",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-KMS\"\nkms_key = \"alias/x\"\nkms_key_account = \"444455556666\"",
            "line 10, column 19",
            "not in this estate",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-KMS\"\nkms_key = \"alias/x\"\nkms_key_account = \"111122223333\"",
            "line 9, column 11",
            "no key of account 111122223333",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-S3\"\nrequest_metrics = [{ filter = \"a b\" }]",
            "line 9, column 31",
            "hyphens",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-S3\"\nrequest_metrics = [{}, { filter = \"EntireBucket\" }]",
            "line 9, column 24",
            "twice",
        ),
        (
            "[[bucket]]\nname = \"abc\"\nregion = \"eu-west-3\"\nencryption = \"SSE-S3\"\nrequest_metrics = [{ get = { rps = 1 } }]",
            "line 9, column 30",
            "`constant`",
        ),
        (
            "[[fault]]\nservice = \"kms\"\nkind = \"delay\"",
            "line 7, column 8",
            "ms = 500",
        ),
        (
            "[[fault]]\nservice = \"ec2\"\nkind = \"reset\"",
            "line 6, column 11",
            "`kms`",
        ),
        (
            "[[fault]]\nservice = \"kms\"\noperation = \"ListKey\"\nkind = \"reset\"",
            "line 7, column 13",
            "`ListKeys`",
        ),
        (
            "[[fault]]\nservice = \"s3\"\nkind = \"missing-marker\"",
            "line 7",
            "endless-marker",
        ),
    ] {
        let message = problem(lines);
        assert!(message.starts_with("estate.toml, line "), "{message}");
        assert!(message.contains(place), "{lines}\n{message}");
        assert!(message.contains(what), "{lines}\n{message}");
    }
}

#[test]
fn a_file_without_regions_or_with_broken_toml_is_refused() {
    let none = Sandbox::from_toml("e.toml", HEAD).unwrap_err().to_string();
    assert!(none.contains("no Region is enabled"), "{none}");
    let broken = Sandbox::from_toml("e.toml", "as_of = \n").unwrap_err();
    assert!(matches!(broken, EstateError::Invalid { line: 1, .. }), "{broken}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let path = std::path::Path::new("/nowhere/estate.toml");
    let error = Sandbox::from_file(path).unwrap_err().to_string();
    assert!(error.contains("/nowhere/estate.toml"), "{error}");
}

#[test]
fn as_of_and_the_home_region_come_from_the_file() {
    let sandbox = Sandbox::built_in().unwrap();
    assert_eq!(sandbox.as_of().to_string(), "2026-06-15T06:00:00Z");
    assert_eq!(sandbox.home_region(), "eu-west-3");
}
