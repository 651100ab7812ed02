"""`kms-audit quota`: read by parsers and held against its schema, on terminals of any width, and against moto."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from conftest import REPOSITORY
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

ESTATES = {
    "saas-tenants": (),
    "denied": (),
    "hostile-text": (),
    "organization": ("--account", "333300000001", "--account", "222200000001"),
}


def quota(program, estate, *arguments):
    path = REPOSITORY / "fixtures" / "estates" / f"{estate}.toml"
    return program.run("quota", "--sandbox", path, "--api-share", "off", *ESTATES[estate], *arguments,
                       access_key=None, region=None)


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((REPOSITORY / "docs" / "quota.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("estate", ESTATES)
def test_the_document_keeps_to_its_schema(program, validator, estate):
    run = quota(program, estate, "--format", "json")
    assert run.code == 3, run.explain()
    document = json.loads(run.stdout)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert document["quota"] and document["as_of"]


@pytest.mark.parametrize("estate", ESTATES)
def test_the_metrics_are_those_of_the_document(program, estate):
    rows = json.loads(quota(program, estate, "--format", "json").stdout)["quota"]
    metrics = quota(program, estate, "--format", "prometheus").stdout
    families = {family.name: family for family in text_string_to_metric_families(metrics)}

    def series(name):
        samples = families[f"kms_audit_request_quota_{name}"].samples
        return {(sample.labels["account_id"], sample.labels["region"], sample.labels["pool"]): sample.value
                for sample in samples}

    def column(name):
        return {(row["account_id"], row["region"], row["pool"]): row[name] for row in rows if row[name] is not None}

    assert series("limit") == column("limit_rps")
    assert series("peak") == column("peak_rps")
    assert series("utilization_ratio") == column("utilization")
    assert series("assessed") == {place: float(verdict != "not_assessed")
                                  for place, verdict in column("verdict").items()}


# ---- terminals -----------------------------------------------------------------------------------------------------


def on_terminal(program, width: int, *arguments: str, **environment: str) -> str:
    """What the program writes to a terminal of this width."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    program.home.mkdir(exist_ok=True)
    settings = program.environment(None, None, None) | {"TERM": "xterm-256color"} | environment
    process = subprocess.Popen([program.binary, "quota", "--api-share", "off", *map(str, arguments)], cwd=program.home,
                               env=settings, stdin=subprocess.DEVNULL, stdout=its, stderr=subprocess.PIPE)
    os.close(its)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    process.communicate(timeout=30)
    assert process.returncode == 3
    return written.decode().replace("\r\n", "\n")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


@pytest.mark.parametrize("estate", ["saas-tenants", "organization"])
@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_table_fits_the_terminal_and_says_what_matters(program, width, estate):
    path = REPOSITORY / "fixtures" / "estates" / f"{estate}.toml"
    text = plain(on_terminal(program, width, "--sandbox", path, *ESTATES[estate]))
    table = [line for line in text.splitlines() if line.startswith("  ")]
    assert len(table) > 3
    assert [line for line in table if len(line.rstrip()) > width] == []
    assert "REACHED" in text and "Used" in text
    if width in (60, 200):
        assert ("Minute (UTC)" in text) is (width == 200)


def test_colours_are_for_terminals_that_want_them(program):
    assert "\x1b[" in on_terminal(program, 100, "--sandbox")
    assert "\x1b" not in on_terminal(program, 100, "--sandbox", NO_COLOR="1")
    assert "\x1b" not in quota(program, "saas-tenants").stdout


def test_a_watch_is_drawn_in_place(program):
    text = on_terminal(program, 100, "--sandbox", "--watch", "10s", "--rounds", "2", NO_COLOR="1")
    frames = text.split("\x1b[H")[1:]
    assert len(frames) == 2
    assert frames[0] == frames[1]
    assert all(frame.endswith("\x1b[J") and frame.count("Every 10s. Ctrl-C ends.") == 1 for frame in frames)
    assert set(re.findall(r"\x1b\[[^A-Za-z]*[A-Za-z]", text)) == {"\x1b[H", "\x1b[K", "\x1b[J"}


@pytest.mark.parametrize("width", [60, 200])
def test_a_watch_fits_the_screen_however_many_accounts_there_are(program, width):
    path = REPOSITORY / "fixtures" / "estates" / "organization.toml"
    accounts = [word for number in range(1, 41) for word in ("--account", f"3333000000{number:02}")]
    text = on_terminal(program, width, "--sandbox", path, *accounts, "--watch", "--rounds", "1", NO_COLOR="1")
    [frame] = text.split("\x1b[H")[1:]
    rows = sum(max(1, -(-len(line) // width)) for line in plain(frame).splitlines())
    assert 30 < rows <= 49, "of a screen of 50, the last for the cursor"
    assert "more, of less weight" in frame and "Ctrl-C ends" in frame and "Quota: 40 at or above 70 %" in frame


# ---- an AWS that nobody here wrote ---------------------------------------------------------------------------------


def test_moto_answers_it_as_it_answers_a_scan(program, moto, tmp_path):
    target = ("--region", "us-east-1", "--api-share", "off")
    checked = program.run("quota", *target, "--format", "json", endpoint=moto.endpoint)
    assert checked.code == 0, checked.explain()
    scanned = program.run("scan", *target, "--last-usage-budget", "0s", "--out", tmp_path / "out",
                          endpoint=moto.endpoint)
    assert scanned.code == 0, scanned.explain()
    document = json.loads(checked.stdout)

    def figures(rows):
        return [(row["pool"], row["limit_rps"], row["limit_source"], row["usage"], row["peak_rps"]) for row in rows]

    assert figures(document["quota"]) == figures(scanned.report["quota"])
