"""What can be wrong before and during a scan: each a clear message or a gap, never a panic, a hang or a silently
smaller inventory."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time

import fake_aws
import pytest
from conftest import free_port, one
from fake_aws import FakeAws, awsjson, html, key_arn, key_id, key_page, sts_error

COULD_NOT_RUN = 1
USAGE = 2


def refused(run, code: int, *words: str) -> None:
    """The run ended with `code`, said why on stderr, and wrote nothing that looks like a result."""
    assert run.code == code, run.explain()
    message = run.stderr.lower()
    for word in words:
        assert word.lower() in message, f"{word!r} is not in the message\n{run.explain()}"
    assert message.startswith(("kms-audit:", "error:")), run.explain()
    for line in message.splitlines():
        clauses = line.split(": ")
        assert all(one != next_one for one, next_one in itertools.pairwise(clauses)), f"said twice: {line}"
    if run.out is not None:
        assert not (run.out / "report.json").exists()


@pytest.fixture
def out(tmp_path):
    return tmp_path / "report"


# ---- credentials and endpoint --------------------------------------------------------------------------------------


def test_an_unknown_profile_is_named(program, ministack, out):
    run = program.run("scan", "--profile", "nope", "--region", "us-east-1", "--out", out,
                      endpoint=ministack.endpoint, access_key=None)
    refused(run, COULD_NOT_RUN, "nope", "profile")
    assert run.seconds < 30


def test_an_unknown_profile_is_not_replaced_by_the_credentials_of_the_environment(program, ministack, out):
    run = program.run("scan", "--profile", "nope", "--region", "us-east-1", "--out", out,
                      endpoint=ministack.endpoint, access_key="111122223333")
    refused(run, COULD_NOT_RUN, "nope", "profile")


def test_a_profile_that_was_named_goes_before_the_credentials_of_the_environment(program, ministack, tmp_path, out):
    """As with the AWS CLI: whoever names a profile must not audit another account."""
    credentials = tmp_path / "credentials"
    credentials.write_text("[audit]\naws_access_key_id = 444455556666\naws_secret_access_key = not-a-secret\n")
    run = program.run("scan", "--profile", "audit", "--region", "us-east-1", "--out", out,
                      endpoint=ministack.endpoint, access_key="111122223333",
                      AWS_SHARED_CREDENTIALS_FILE=str(credentials))
    assert run.code == 0, run.explain()
    assert run.report["scan"]["accounts"] == ["444455556666"]


def test_without_credentials_the_ways_to_give_some_are_named(program, ministack, out):
    run = program.run("scan", "--region", "us-east-1", "--out", out, endpoint=ministack.endpoint, access_key=None)
    refused(run, COULD_NOT_RUN, "credentials", "--sandbox")
    assert run.seconds < 30
    assert "ProviderError" not in run.stderr and "DispatchFailure" not in run.stderr, "not for people"


def test_an_endpoint_that_refuses_connections_is_named(program, out):
    port = free_port()
    run = program.run("scan", "--region", "us-east-1", "--out", out, endpoint=f"http://127.0.0.1:{port}")
    refused(run, COULD_NOT_RUN, "AWS_ENDPOINT_URL")
    assert run.seconds < 45


@pytest.mark.parametrize("status, code", [(403, "ExpiredToken"), (400, "ExpiredTokenException")])
def test_an_expired_token_is_called_expired(program, out, status, code):
    expired = sts_error(status, code, "The security token included in the request is expired")
    with FakeAws({"sts:GetCallerIdentity": lambda _: expired}) as server:
        run = program.run("scan", "--region", "us-east-1", "--out", out, endpoint=server.endpoint)
        assert len(server.asked("sts:GetCallerIdentity")) == 1, "an expired token is not worth a second try"
    refused(run, COULD_NOT_RUN, "expired")
    assert run.seconds < 30


def test_a_server_that_answers_html_to_everything_is_not_taken_for_an_empty_account(program, out):
    with FakeAws(everything=lambda _: html()) as server:
        run = program.run("scan", "--region", "us-east-1", "--out", out, endpoint=server.endpoint)
    refused(run, COULD_NOT_RUN, "endpoint")
    assert run.seconds < 45


# ---- arguments and configuration -----------------------------------------------------------------------------------


def test_an_unknown_region_is_refused_and_the_nearest_offered(program, ministack, out):
    run = program.run("scan", "--region", "eu-nowhere-9", "--out", out, endpoint=ministack.endpoint)
    refused(run, USAGE, "eu-nowhere-9")
    misspelt = program.run("scan", "--region", "eu-wset-1", "--out", out, endpoint=ministack.endpoint)
    refused(misspelt, USAGE, "eu-wset-1", "eu-west-1")


@pytest.mark.parametrize("threshold", ["seventy", "0", "-5", "101", "NaN", ""])
def test_a_threshold_that_is_no_percentage_is_a_usage_error(program, out, threshold):
    refused(program.run("scan", "--sandbox", f"--threshold={threshold}", "--out", out), USAGE, "threshold")


def test_an_unknown_option_is_a_usage_error(program):
    refused(program.run("scan", "--sandbox", "--no-such-option"), USAGE, "--no-such-option")


@pytest.mark.parametrize("text, words", [
    ("[quota]\nthreshold-percent = \"high\"\n", ("line 2", "column 21")),
    ("[quota]\nthreshold-percent = \n", ("line 2", "column")),
    ("[quota]\nthreshhold-percent = 70\n", ("line 2", "column", "threshhold-percent", "threshold-percent")),
    ("[qouta]\n", ("line 1", "column", "qouta")),
], ids=["wrong type", "not TOML", "unknown key", "unknown table"])
def test_a_mistake_in_the_configuration_is_shown_with_line_and_column(program, tmp_path, out, text, words):
    config = tmp_path / "mine.toml"
    config.write_text(text)
    run = program.run("scan", "--sandbox", "--config", config, "--out", out)
    refused(run, COULD_NOT_RUN, "mine.toml", *words)


def test_a_configuration_that_is_not_there_is_named(program, tmp_path, out):
    run = program.run("scan", "--sandbox", "--config", tmp_path / "missing.toml", "--out", out)
    refused(run, COULD_NOT_RUN, "there is no configuration", "missing.toml", "kms-audit init --out")


def test_a_configuration_that_is_no_text_is_named(program, tmp_path, out):
    config = tmp_path / "binary.toml"
    config.write_bytes(b"\xff\xfe\x00[quota]\n")
    run = program.run("scan", "--sandbox", "--config", config, "--out", out)
    refused(run, COULD_NOT_RUN, "binary.toml")


# ---- the output folder ---------------------------------------------------------------------------------------------


def test_a_folder_that_holds_something_is_not_written_into(program, out):
    out.mkdir()
    (out / "mine.txt").write_text("keep me")
    started = time.monotonic()
    run = program.run("scan", "--sandbox", "--api-share", "off", "--out", out)
    refused(run, COULD_NOT_RUN, str(out))
    assert [entry.name for entry in out.iterdir()] == ["mine.txt"]
    assert time.monotonic() - started < 10, "this can be known before the scan"


def test_an_empty_folder_is_written_into(program, out):
    out.mkdir()
    run = program.run("scan", "--sandbox", "--region", "eu-central-1", "--out", out)
    assert run.code == 0, run.explain()
    assert (out / "report.json").is_file()


def test_a_folder_that_cannot_be_made_is_named(program, tmp_path):
    (tmp_path / "file").write_text("a regular file")
    out = tmp_path / "file" / "report"
    run = program.run("scan", "--sandbox", "--api-share", "off", "--out", out)
    refused(run, COULD_NOT_RUN, str(out))
    assert run.seconds < 10, "this can be known before the scan"


def test_a_closed_pipe_is_no_panic(program, out):
    process = program.start("scan", "--sandbox", "--region", "eu-central-1", "--out", out)
    process.stdout.close()
    process.stdout = None
    run = program.finish(process, ("scan", "--out", out), 60)
    assert run.code == 0, run.explain()
    assert (out / "report.json").is_file(), run.explain()


# ---- answers that cannot be right ----------------------------------------------------------------------------------


def scan(program, server, out):
    run = program.run("scan", "--region", "us-east-1", "--out", out, endpoint=server.endpoint, timeout=60)
    assert run.code == 0, run.explain()
    return run


def test_a_list_is_followed_over_its_pages(program, out):
    """The counterpart of the faults below: with markers that are right, nothing is missing."""
    pages = {None: key_page(range(0, 1_000), "second"), "second": key_page(range(1_000, 1_003))}
    with FakeAws({"kms:ListKeys": lambda request: pages[request.parameters.get("Marker")]}) as server:
        run = scan(program, server, out)
        assert len(server.asked("kms:ListKeys")) == 2
    assert run.report["summary"]["customer_managed_keys"] == 1_003
    assert run.gaps("kms:ListKeys") == []


def test_a_marker_that_repeats_for_ever_is_a_gap(program, out):
    with FakeAws({"kms:ListKeys": lambda _: key_page([1, 2, 3], "again")}) as server:
        run = scan(program, server, out)
        assert len(server.asked("kms:ListKeys")) < 10
    assert one(run.gaps("kms:ListKeys"))["error_code"] == "RepeatedMarker"
    assert run.report["coverage"]["complete"] is False
    assert run.report["summary"]["customer_managed_keys"] == 3


def test_new_markers_for_ever_without_new_keys_end_as_a_gap(program, out):
    fresh = itertools.count()
    with FakeAws({"kms:ListKeys": lambda _: key_page([1], f"marker-{next(fresh)}")}) as server:
        run = scan(program, server, out)
        assert len(server.asked("kms:ListKeys")) < 200
    assert one(run.gaps("kms:ListKeys"))["error_code"]
    assert run.report["coverage"]["complete"] is False


def test_a_list_that_goes_on_without_a_marker_is_a_gap(program, out):
    endless = awsjson({"Keys": [{"KeyId": key_id(1), "KeyArn": key_arn(1)}], "Truncated": True})
    with FakeAws({"kms:ListKeys": lambda _: endless}) as server:
        run = scan(program, server, out)
    assert one(run.gaps("kms:ListKeys"))["error_code"] == "MissingMarker"
    assert run.report["summary"]["customer_managed_keys"] == 1


def test_a_denied_list_of_keys_is_not_an_empty_inventory(program, out):
    with FakeAws({"kms:ListKeys": lambda _: fake_aws.denied("kms:ListKeys")}) as server:
        run = scan(program, server, out)
        assert len(server.asked("kms:ListKeys")) == 1, "a denial is not worth a second try"
    gap = one(run.gaps("kms:ListKeys"))
    assert (gap["region"], gap["error_code"]) == ("us-east-1", "AccessDeniedException")
    assert run.report["coverage"]["complete"] is False


def test_one_denied_key_costs_one_key(program, out):
    def describe(request):
        denied = request.parameters["KeyId"].endswith(key_id(2))
        return fake_aws.denied("kms:DescribeKey") if denied else fake_aws._describe_key(request)

    with FakeAws({"kms:ListKeys": lambda _: key_page(range(5)), "kms:DescribeKey": describe}) as server:
        run = scan(program, server, out)
    gap = one(run.gaps("kms:DescribeKey"))
    assert gap["error_code"] == "AccessDeniedException"
    assert gap["resources"] == [key_arn(2)]
    assert run.inventory("us-east-1")["by_state"].get("Enabled") == 4


def test_tags_that_were_denied_leave_the_key_unjudged(program, out):
    def tags(request):
        denied = request.parameters["KeyId"].endswith(key_id(3))
        return fake_aws.denied("kms:ListResourceTags") if denied else awsjson({"Tags": [], "Truncated": False})

    with FakeAws({"kms:ListKeys": lambda _: key_page(range(5)), "kms:ListResourceTags": tags}) as server:
        run = scan(program, server, out)
    assert one(run.gaps("kms:ListResourceTags"))["resources"] == [key_arn(3)]
    found = {finding["resource"]["arn"] for finding in run.findings("unjustified-key")}
    assert found == {key_arn(n) for n in (0, 1, 2, 4)}
    summary = run.report["summary"]
    assert (summary["customer_managed_keys"], summary["unjustified"], summary["not_assessed"]) == (5, 4, 1)


def test_aws_managed_keys_are_counted_without_a_call_of_their_own(program, out):
    aliases = awsjson({"Truncated": False, "Aliases": [
        {"AliasName": "alias/aws/s3", "AliasArn": "arn:aws:kms:us-east-1:111122223333:alias/aws/s3",
         "TargetKeyId": key_id(1)},
        # Reserved by AWS, and no key behind it yet: to describe this alias would create one.
        {"AliasName": "alias/aws/ebs", "AliasArn": "arn:aws:kms:us-east-1:111122223333:alias/aws/ebs"},
        {"AliasName": "alias/mine", "AliasArn": "arn:aws:kms:us-east-1:111122223333:alias/mine",
         "TargetKeyId": key_id(2)},
    ]})
    with FakeAws({"kms:ListKeys": lambda _: key_page([1, 2]), "kms:ListAliases": lambda _: aliases}) as server:
        run = scan(program, server, out)
        per_key = [request.parameters["KeyId"] for request in server.requests
                   if request.operation.startswith("kms:") and "KeyId" in request.parameters]
    assert per_key and all(key_id(2) in asked for asked in per_key), per_key
    row = run.inventory("us-east-1")
    assert (row["customer_managed"], row["aws_managed"]) == (1, 1)


def test_html_where_json_belongs_is_a_gap(program, out):
    with FakeAws({"kms:ListKeys": lambda _: html(200)}) as server:
        run = scan(program, server, out)
    gap = one(run.gaps("kms:ListKeys"))
    assert gap["error_code"] and gap["message"]
    assert run.report["coverage"]["complete"] is False


def test_json_of_another_shape_is_a_gap(program, out):
    with FakeAws({"kms:ListKeys": lambda _: awsjson({"Kyes": []})}) as server:
        run = scan(program, server, out)
    assert one(run.gaps("kms:ListKeys"))["error_code"]
    assert run.report["coverage"]["complete"] is False


def test_throttling_is_retried(program, out):
    calls = itertools.count()
    throttled = awsjson({"__type": "ThrottlingException", "message": "Rate exceeded"}, 400)
    with FakeAws({"kms:ListKeys": lambda _: throttled if next(calls) < 2 else key_page([1, 2])}) as server:
        run = scan(program, server, out)
        assert len(server.asked("kms:ListKeys")) == 3
    assert run.report["summary"]["customer_managed_keys"] == 2
    row = one(row for row in run.report["api_calls"] if row["operation"].endswith("ListKeys"))
    assert (row["throttled"], row["retried"]) == (2, 2)


def test_throttling_without_end_is_a_gap(program, out):
    throttled = awsjson({"__type": "ThrottlingException", "message": "Rate exceeded"}, 400)
    with FakeAws({"kms:ListKeys": lambda _: throttled}) as server:
        run = scan(program, server, out)
        assert 1 < len(server.asked("kms:ListKeys")) < 20
    assert one(run.gaps("kms:ListKeys"))["error_code"] == "ThrottlingException"


def test_every_call_only_reads(program, out):
    with FakeAws({"kms:ListKeys": lambda _: key_page(range(20))}) as server:
        run = scan(program, server, out)
        asked = {request.operation.split(":")[1] for request in server.requests}
    assert asked and all(name.startswith(("Get", "List", "Describe")) for name in asked), asked
    reported = {row["operation"].split(":")[-1] for row in run.report["api_calls"]}
    assert asked == reported


def test_a_proxy_is_used_and_its_refusal_is_an_error(program, out):
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        asked = []

        def refuse() -> None:
            while True:
                try:
                    connection, _ = proxy.accept()
                except OSError:
                    return  # closed: the test is over
                with connection:
                    asked.append(connection.recv(4096).split(b"\r\n")[0])
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        run = program.run("scan", "--region", "us-east-1", "--out", out, endpoint="https://aws.invalid",
                          HTTPS_PROXY=f"http://127.0.0.1:{proxy.getsockname()[1]}")
    refused(run, COULD_NOT_RUN, "proxy")
    assert b"CONNECT aws.invalid:443 HTTP/1.1" in asked


def test_the_working_folder_keeps_clean_when_nothing_ran(program):
    before = sorted(os.listdir(program.home))
    program.run("scan", "--region", "us-east-1", endpoint=f"http://127.0.0.1:{free_port()}")
    assert sorted(os.listdir(program.home)) == before
