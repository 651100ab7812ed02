"""The last to run: what ends by a time limit of a minute, and was started when the first test was."""

from __future__ import annotations


def test_a_server_that_never_answers_is_given_up(scan_of_a_silent_server):
    run = scan_of_a_silent_server()
    assert run.code == 1, run.explain()
    assert "Timeout" in run.stderr and "AWS_ENDPOINT_URL" in run.stderr
    assert not (run.out / "report.json").exists()
