"""The scan without credentials or network: the built-in estate, the same bytes every time."""

from __future__ import annotations

import stat
import tomllib

import pytest
from conftest import REPOSITORY, one

ESTATE = REPOSITORY / "fixtures" / "estates" / "saas-tenants.toml"


@pytest.fixture(scope="module")
def estate() -> dict:
    return tomllib.loads(ESTATE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scans(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox")
    # The same bytes, however busy this machine is: with time enough to ask every key for its last usage.
    return [program.run("scan", "--sandbox", "--api-share", "off", "--last-usage-budget", "10m", "--out", folder / name,
                        access_key=None, region=None) for name in ("first", "second")]


@pytest.fixture(scope="module")
def scan(scans):
    return scans[0]


def keys_of(region: dict, aws_managed: bool) -> int:
    return sum(key.get("count", 1) for key in region.get("key", []) if key.get("aws_managed", False) == aws_managed)


def test_it_needs_neither_credentials_nor_a_region(scans):
    assert [run.code for run in scans] == [0, 0], scans[0].explain()


def test_the_report_has_the_published_shape(scan, validate):
    validate(scan.report)


@pytest.mark.parametrize("name", ["report.json", "report.md", "report.html", "snapshot/scan.json"])
def test_two_scans_write_the_same_bytes(scans, name):
    first, second = ((run.out / name).read_bytes() for run in scans)
    assert first == second


def test_nothing_was_missing(scan):
    assert scan.report["coverage"] == {**scan.report["coverage"], "complete": True, "gaps": []}
    assert "coverage" in scan.last_line.lower()
    assert "complete" in scan.last_line.lower()
    assert "incomplete" not in scan.last_line.lower()


def test_every_enabled_region_of_the_estate_was_scanned(scan, estate):
    enabled = [region["name"] for region in estate["region"] if region.get("enabled", True)]
    assert len(enabled) >= 3
    assert sorted(scan.report["scan"]["regions"]) == sorted(enabled)
    assert scan.report["scan"]["accounts"] == [estate["account"]["id"]]


def test_every_key_of_the_estate_is_counted_in_its_region(scan, estate):
    for region in estate["region"]:
        if not region.get("enabled", True):
            continue
        rows = [row for row in scan.report["inventory"] if row["region"] == region["name"]]
        assert sum(row["customer_managed"] for row in rows) == keys_of(region, aws_managed=False), region["name"]
        assert sum(row["aws_managed"] for row in rows) == keys_of(region, aws_managed=True), region["name"]


def test_the_tenant_keys_are_unjustified_and_the_classification_keys_are_not(scan, estate):
    summary = scan.report["summary"]
    verdicts = ("justified", "unjustified", "unrecognized", "pending_deletion", "not_assessed")
    assert summary["customer_managed_keys"] == sum(summary[verdict] for verdict in verdicts) >= 3_203
    assert summary["unjustified"] == len(scan.findings("unjustified-key")) >= 3_200
    assert summary["unrecognized"] == len(scan.findings("unrecognized-justification"))
    keys = [key for region in estate["region"] for key in region.get("key", [])]
    assert summary["pending_deletion"] == sum(key.get("state") == "PendingDeletion" for key in keys)
    assert summary["not_assessed"] == 0
    classified = sum(row["by_justification"].get(f"class:{name}", 0) for row in scan.report["inventory"]
                     for name in ("public", "internal", "confidential"))
    assert classified == sum("DataClass" in key.get("tags", {}) for key in keys) >= 3


def test_every_bucket_of_the_estate_is_counted(scan, estate):
    assert scan.report["summary"]["buckets"] == sum(bucket.get("count", 1) for bucket in estate["bucket"])
    flagged = scan.report["summary"]["sse_kms_buckets_without_bucket_key"]
    assert flagged == len(scan.findings("bucket-key-disabled")) > 0


def test_the_batch_job_is_above_the_quota_it_shares_with_everything_else(scan):
    finding = one(finding for finding in scan.findings("near-request-quota")
                  if finding["resource"]["region"] == "eu-west-3")
    assert finding["severity"] == "critical"
    row = scan.quota("eu-west-3", "L-6E3AF000")
    assert row["limit_rps"] == 10_000
    assert row["limit_source"] == "applied"
    assert row["peak_rps"] == 14_000
    assert row["utilization"] == pytest.approx(1.4, rel=1e-12)


def test_the_terminal_summary_has_the_numbers(scan):
    text = scan.stdout.replace(",", "").replace("\u202f", "")
    crowded = scan.inventory("eu-west-3")
    for number in (scan.report["summary"]["customer_managed_keys"], crowded["unjustified"], crowded["justified"],
                   14_000, 10_000):
        assert str(number) in text, f"{number} is missing\n{scan.stdout}"
    assert "140" in text
    assert "eu-west-3" in text


def test_an_unused_terminal_is_left_without_escape_sequences_and_progress(scan):
    assert "\x1b" not in scan.stdout + scan.stderr


def test_what_was_written_is_for_the_owner_alone(scan):
    entries = [scan.out, *scan.out.rglob("*")]
    assert len(entries) > 2
    modes = {str(entry.relative_to(scan.out)): stat.S_IMODE(entry.stat().st_mode) for entry in entries}
    assert modes == {str(entry.relative_to(scan.out)): 0o700 if entry.is_dir() else 0o600 for entry in entries}


def test_no_half_written_file_is_left_behind(scan):
    assert {"report.json", "report.md", "report.html"} <= {entry.name for entry in scan.out.iterdir()}
    assert [entry.name for entry in scan.out.rglob("*") if "tmp" in entry.name or entry.name.startswith(".")] == []


@pytest.mark.parametrize("severity, code", [("medium", 3), ("high", 0)])
def test_a_finding_of_the_chosen_severity_decides_the_exit_code(program, tmp_path, severity, code):
    run = program.run("scan", "--sandbox", "--region", "us-east-1", "--fail-on", severity, "--out", tmp_path / "out",
                      access_key=None)
    assert run.code == code, run.explain()
    assert {finding["severity"] for finding in run.report["findings"]} == {"low", "medium"}


def test_complete_coverage_satisfies_a_scan_that_fails_on_gaps(program, tmp_path):
    run = program.run("scan", "--sandbox", "--region", "us-east-1", "--fail-on-gaps", "--out", tmp_path / "out",
                      access_key=None)
    assert run.code == 0, run.explain()


def test_the_estate_can_be_named(program, tmp_path):
    run = program.run("scan", "--sandbox", ESTATE, "--region", "eu-central-1",
                      "--out", tmp_path / "out", access_key=None)
    assert run.code == 0, run.explain()
    assert run.report["scan"]["regions"] == ["eu-central-1"]


def test_an_estate_that_is_not_there_is_named(program, tmp_path):
    run = program.run("scan", "--sandbox", tmp_path / "missing.toml", "--out", tmp_path / "out", access_key=None)
    assert run.code == 1, run.explain()
    assert "missing.toml" in run.stderr
