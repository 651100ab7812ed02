"""Every format, read by parsers and held against schemas that nobody here wrote.

SARIF_SCHEMA names the published schema, sarif-2.1.0-rtm.5, which `make e2e` takes from the npm package
@microsoft/jest-sarif.
"""

from __future__ import annotations

import csv
import json
import os
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator
from conftest import REPOSITORY, Run
from jsonschema import Draft4Validator
from jsonschema.validators import validator_for
from junitparser import Error, Failure, JUnitXml, Skipped
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from prometheus_client.parser import text_string_to_metric_families
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding


# Hostile text; gaps and what cannot be judged; accounts of an organization; nothing wrong at all.
ESTATES = {"hostile-text": (), "denied": (), "organization": ("--organization", "--region", "eu-west-3"), "well-kept": ()}

IN_A_HURRY = ("--api-share", "off", "--last-usage-budget", "0s")

EXCEPTION = """
[[exception]]
check = "unrecognized-justification"
resource = "*"
reason = "=1+1 \\u001b[31muntil\\n the\\u202e move"
expires = 2026-07-01
"""

# For a class of a regular expression.
FORMULA = r"=+\-@＝＋－＠"


@pytest.fixture(scope="module", params=ESTATES)
def scan(program, tmp_path_factory, request) -> Run:
    folder = tmp_path_factory.mktemp("formats")
    config = folder / "kms-audit.toml"
    config.write_text(EXCEPTION, encoding="utf-8")
    estate = REPOSITORY / "fixtures" / "estates" / f"{request.param}.toml"
    run = program.run("scan", "--sandbox", estate, *ESTATES[request.param], *IN_A_HURRY, "--config", config,
                      "--format", "all", "--out", folder / "out", access_key=None, region=None)
    assert run.code == 0, run.explain()
    return run


def text(scan: Run, name: str) -> str:
    with open(scan.out / name, encoding="utf-8", newline="") as file:
        return file.read()


def lines(scan: Run, name: str) -> list[dict]:
    return [json.loads(line) for line in text(scan, name).split("\n")[:-1]]


def reasons(scan: Run) -> int:
    """How many reasons there are for which checks could not judge."""
    return sum(len(row["not_assessed_because"]) for row in scan.report["assessments"])


def unknown(scan: Run) -> int:
    return reasons(scan) + len(scan.report["coverage"]["gaps"])


def excepted(scan: Run) -> int:
    return sum(finding["exception"] is not None for finding in scan.report["findings"])


def is_treacherous(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")


FOR_MACHINES_AND_PEOPLE = ["report.md", "findings.csv", "inventory.csv", "metrics.prom", "report.sarif", "junit.xml",
                           "findings.ocsf.jsonl", "findings.asff.jsonl"]


@pytest.mark.parametrize("name", FOR_MACHINES_AND_PEOPLE)
def test_no_character_of_a_file_hides_or_moves_a_cursor(scan, name):
    written = text(scan, name).replace("\r\n", "\n") if name.endswith(".csv") else text(scan, name)
    assert {character for character in written if is_treacherous(character)} <= {"\n"}


def test_the_manifest_lists_every_format(scan):
    listed = {row["path"] for row in json.loads(text(scan, "manifest.json"))["files"]}
    assert {"report.json", *FOR_MACHINES_AND_PEOPLE} <= listed


# ---- CSV -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["findings.csv", "inventory.csv"])
def test_no_cell_is_a_formula_whatever_a_spreadsheet_takes_for_a_delimiter(scan, name, delimiter):
    rows = list(csv.reader(text(scan, name).splitlines(), delimiter=delimiter))
    assert len(rows) > 1
    begins_formula = re.compile(rf"[\s\"]*[{FORMULA}]")
    assert [cell for row in rows for cell in row if begins_formula.match(cell)] == []


def undone(cell: str) -> str:
    """The text before it was kept from being a formula, as the documentation has it."""
    return re.sub(rf"(^|;)'(?=[\s\"']*[{FORMULA}])", r"\1", cell)


def test_the_sheet_of_findings_has_each_of_them_and_what_is_not_known(scan):
    rows = list(csv.DictReader(text(scan, "findings.csv").splitlines(keepends=True)))
    statuses = ("open", "excepted", "not_assessed", "gap")
    of = {status: [row for row in rows if row["status"] == status] for status in statuses}
    assert sum(map(len, of.values())) == len(rows)
    assert len(of["excepted"]) == excepted(scan)
    assert len(of["open"]) == len(scan.report["findings"]) - excepted(scan)
    assert len(of["not_assessed"]) == reasons(scan)
    assert len(of["gap"]) == len(scan.report["coverage"]["gaps"])
    for row, finding in zip(rows, scan.report["findings"]):
        assert row["fingerprint"] == finding["fingerprint"]
        assert json.loads(undone(row["observed"])) == finding["observed"]


def test_the_sheet_of_keys_has_each_of_them_with_its_tags(scan):
    rows = list(csv.DictReader(text(scan, "inventory.csv").splitlines(keepends=True)))
    keys = [row for row in rows if row["standing"] != "not_listed"]
    assert [row["arn"] for row in keys] == [key["arn"] for key in scan.report["keys"]]
    for row, key in zip(keys, scan.report["keys"]):
        assert (json.loads(undone(row["tags"])) if row["tags"] else None) == key["tags"]
        assert row["standing"] == key["standing"]
    incomplete = sum(not row["complete"] for row in scan.report["inventory"])
    assert len(rows) - len(keys) == incomplete + len(scan.report["scan"]["accounts_not_entered"])


# ---- SARIF ---------------------------------------------------------------------------------------------------------


def test_sarif_has_the_published_shape(scan):
    schema = json.loads(Path(os.environ["SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    assert validator_for(schema) is Draft4Validator
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    log = json.loads(text(scan, "report.sarif"))
    errors = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(log)]
    assert errors == []
    run = log["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] == scan.report["coverage"]["complete"]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == unknown(scan)
    assert len(run["results"]) == len(scan.report["findings"])
    assert sum("suppressions" in result for result in run["results"]) == excepted(scan)


def test_github_would_take_the_sarif(scan):
    """What its documentation asks for beyond the standard."""
    run = json.loads(text(scan, "report.sarif"))["runs"][0]
    for rule in run["tool"]["driver"]["rules"]:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"] and len(rule["properties"]["tags"]) <= 20
        assert 0 < float(rule["properties"].get("security-severity", "1")) <= 10
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        # A relative path: one URI with a scheme has the whole upload refused.
        assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", place["artifactLocation"]["uri"])
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["region"]["startLine"] == 1
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        assert result["message"]["text"]
    assert len(run["results"]) <= 25_000


# ---- JUnit ---------------------------------------------------------------------------------------------------------


def test_junit_passes_only_what_was_seen_to_be_in_order(scan):
    ElementTree.parse(scan.out / "junit.xml")
    suites = {suite.name: suite for suite in JUnitXml.fromfile(str(scan.out / "junit.xml"))}
    for suite in suites.values():
        outcomes = [type(result) for case in suite for result in case.result]
        assert suite.tests == len(list(suite))
        assert (suite.failures, suite.errors, suite.skipped) == tuple(map(outcomes.count, (Failure, Error, Skipped)))
    gaps = len(scan.report["coverage"]["gaps"])
    assert suites["coverage"].errors == gaps
    assert suites["coverage"].tests == max(gaps, 1)
    passes = [case.classname for case in suites["checks"] if not case.result]
    assert passes == [f"kms-audit.{row['check']}" for row in scan.report["assessments"] if row["passed"]]
    assert suites["checks"].skipped == reasons(scan)
    named = [case.name for name, suite in suites.items() if name not in ("coverage", "checks") for case in suite]
    assert len(named) == len(scan.report["findings"]) == len(set(named))
    fingerprints = {re.search(r"\(([0-9a-f]{32})\)$", name).group(1) for name in named}
    assert fingerprints == {finding["fingerprint"] for finding in scan.report["findings"]}


# ---- Prometheus ----------------------------------------------------------------------------------------------------


def test_the_metrics_are_what_the_report_says(scan):
    samples = {}
    for family in text_string_to_metric_families(text(scan, "metrics.prom")):
        assert family.type == "gauge" and family.documentation and re.fullmatch(r"kms_audit_[a-z_]+", family.name)
        for sample in family.samples:
            key = (sample.name.removeprefix("kms_audit_"), *sorted(sample.labels.items()))
            assert key not in samples
            samples[key] = sample.value
    report = scan.report

    def of(name, **labels):
        return samples.get((name, *sorted(labels.items())))

    assert of("coverage_complete") == report["coverage"]["complete"]
    assert of("gaps") == len(report["coverage"]["gaps"])
    for severity, count in report["summary"]["findings"].items():
        assert of("findings", severity=severity) == count
    for row in report["inventory"]:
        place = {"account_id": row["account_id"], "region": row["region"]}
        assert of("key_inventory_complete", **place) == row["complete"]
        seen = row["complete"] or row["customer_managed"] + row["aws_managed"] + row["unknown_manager"] > 0
        for standing in ("justified", "unjustified", "unrecognized", "pending_deletion", "not_assessed"):
            assert of("customer_managed_keys", standing=standing, **place) == (row[standing] if seen else None)
    quotas = {key[1:]: value for key, value in samples.items() if key[0] == "request_quota_utilization_ratio"}
    measured = [row["utilization"] for row in report["quota"] if row["utilization"] is not None]
    assert sorted(quotas.values()) == sorted(measured)


# ---- OCSF and ASFF -------------------------------------------------------------------------------------------------


def test_ocsf_has_the_published_shape(scan):
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.6.0")).get_class_schema(
        "compliance_finding", ["cloud", "datetime"])
    validator = validator_for(schema)(schema)
    events = lines(scan, "findings.ocsf.jsonl")
    for event in events:
        assert [error.message for error in validator.iter_errors(event)] == []
        ComplianceFinding.model_validate(event)
    assert [event["compliance"]["status_id"] for event in events] == \
        [3] * len(scan.report["findings"]) + [0] * unknown(scan)
    assert sum(event["status_id"] == 3 for event in events) == excepted(scan)
    assert len({event["finding_info"]["uid"] for event in events}) == len(events)


def test_security_hub_would_take_the_asff(scan):
    """By the service model of botocore, and by the lengths of its documentation, which the model does not hold."""
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    known = set(model.shape_for("AwsSecurityFinding").members)
    requests = lines(scan, "findings.asff.jsonl")
    findings = [finding for request in requests for finding in request["Findings"]]
    for request in requests:
        report = ParamValidator().validate(request, shape)
        assert not report.has_errors(), report.generate_report()
        assert 1 <= len(request["Findings"]) <= 100
        assert len({(finding["AwsAccountId"], finding["Region"]) for finding in request["Findings"]}) == 1
    for finding in findings:
        assert set(finding) <= known
        assert re.fullmatch(r"\d{12}", finding["AwsAccountId"])
        account, region = finding["AwsAccountId"], finding["Region"]
        assert finding["ProductArn"] == f"arn:aws:securityhub:{region}:{account}:product/{account}/default"
        assert 0 < len(finding["Title"].strip()) <= 256
        assert 0 < len(finding["Description"].strip()) <= 1024
        assert len(finding.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512
        assert all(len(value) <= 2048 for value in finding["ProductFields"].values())
        assert len(json.dumps(finding).encode()) < 240_000
        assert finding["Sample"] is True
    statuses = [finding["Compliance"]["Status"] for finding in findings]
    assert statuses.count("FAILED") == len(scan.report["findings"])
    assert statuses.count("NOT_AVAILABLE") == unknown(scan)
    assert sum("Workflow" in finding for finding in findings) == excepted(scan)
    assert len({finding["Id"] for finding in findings}) == len(findings)


# ---- stdout --------------------------------------------------------------------------------------------------------


def test_a_format_on_stdout_is_there_alone(program, tmp_path):
    estate = REPOSITORY / "fixtures" / "estates" / "hostile-text.toml"
    run = program.run("scan", "--sandbox", estate, *IN_A_HURRY, "--out", tmp_path / "out", access_key=None, region=None,
                      KMS_AUDIT_FORMAT="prometheus=-,sarif")
    assert run.code == 0, run.explain()
    assert len(list(text_string_to_metric_families(run.stdout))) > 10
    assert "coverage" in run.stderr.splitlines()[-1].lower()
    assert {path.name for path in run.out.iterdir() if path.is_file()} == \
        {"report.json", "report.sarif", "run.json", "manifest.json"}
