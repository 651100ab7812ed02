"""Ctrl-C: the scan ends soon, keeps what it has, and says that it is not everything."""

from __future__ import annotations

import signal
import socket
import time

import pytest

INTERRUPTED = 130
TERMINATED = 143


@pytest.fixture(scope="module")
def interrupted(program, tmp_path_factory):
    """A sandbox scan, paced as against AWS and so some seconds long, stopped on its way."""
    out = tmp_path_factory.mktemp("interrupted") / "report"
    process = program.start("scan", "--sandbox", "--out", out, access_key=None)
    time.sleep(2.5)
    assert process.poll() is None, "the scan ended before it could be interrupted"
    process.send_signal(signal.SIGINT)
    return program.finish(process, ("scan", "--sandbox", "--out", out), 30, started=time.monotonic())


def test_it_ends_within_a_few_seconds(interrupted):
    assert interrupted.code == INTERRUPTED, interrupted.explain()
    assert interrupted.seconds < 5


def test_what_was_read_is_reported_as_incomplete(interrupted, validate):
    report = interrupted.report
    validate(report)
    assert report["coverage"]["complete"] is False
    codes = {gap["error_code"] for gap in report["coverage"]["gaps"]}
    assert "Interrupted" in codes
    assert (interrupted.out / "report.md").is_file()


def test_a_key_that_was_not_read_is_not_called_unjustified(interrupted):
    unread = {arn for gap in interrupted.report["coverage"]["gaps"] for arn in gap["resources"]}
    found = {finding["resource"]["arn"] for finding in interrupted.report["findings"]
             if finding["check"] == "unjustified-key"}
    unread_tags = {arn for gap in interrupted.gaps("kms:ListResourceTags") for arn in gap["resources"]}
    assert unread
    assert found.isdisjoint(unread_tags)


def test_it_is_said_on_stderr_and_in_the_last_line(interrupted):
    assert "stopping" in interrupted.stderr.lower()
    assert "coverage: incomplete" in interrupted.last_line.lower()


def test_a_scan_that_waits_for_a_silent_server_can_be_interrupted(program, tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        process = program.start("scan", "--region", "us-east-1", "--out", tmp_path / "report",
                                endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        time.sleep(1.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        run = program.finish(process, ("scan", "--out", tmp_path / "report"), 30, started=time.monotonic())
    assert run.code == INTERRUPTED, run.explain()
    assert run.seconds < 5
    assert not (tmp_path / "report").exists(), "nothing was read, so nothing is left behind"


def test_a_termination_signal_ends_the_scan_in_the_same_way(program, tmp_path):
    out = tmp_path / "report"
    process = program.start("scan", "--sandbox", "--out", out, access_key=None)
    time.sleep(2.5)
    process.terminate()
    run = program.finish(process, ("scan", "--out", out), 30, started=time.monotonic())
    assert run.code == TERMINATED, run.explain()
    assert run.seconds < 5
    assert run.report["coverage"]["complete"] is False
