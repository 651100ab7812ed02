"""The tables and queries of docs/scale.md, run by Spark over a run of an organization: they say what its report says."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from conftest import REPOSITORY, Program, Run, one
from pyspark.sql import SparkSession

PAGE = (REPOSITORY / "docs" / "scale.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sql\n(.*?)```", PAGE, flags=re.DOTALL)
TABLES = [statement for block in BLOCKS for statement in block.split(";") if "CREATE EXTERNAL TABLE" in statement]
QUERIES = [block for block in BLOCKS if block.startswith("SELECT")]


@pytest.fixture(scope="module")
def run(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Run:
    # Something that cannot be read, and an exception.
    folder = tmp_path_factory.mktemp("scale")
    estate = folder / "estate.toml"
    fault = '\n[[fault]]\nkind = "error"\ncode = "AccessDeniedException"\nservice = "kms"\n' \
            'operation = "ListResourceTags"\naccount = "33330000000*"\n'
    organization = REPOSITORY / "fixtures" / "estates" / "organization.toml"
    estate.write_text(organization.read_text(encoding="utf-8") + fault, encoding="utf-8")
    config = folder / "kms-audit.toml"
    config.write_text('[[exception]]\ncheck = "unjustified-key"\nresource = "alias/tenant-01*"\n'
                      'reason = "until they are tagged"\nexpires = 2026-12-24\n', encoding="utf-8")
    run = program.run("scan", "--organization", "--sandbox", estate, "--region", "eu-west-3", "--api-share", "off",
                      "--last-usage-budget", "0s", "--config", config, "--out", folder / "run", timeout=300,
                      access_key=None, region=None)
    assert run.code == 0, run.explain()
    return run


@pytest.fixture(scope="module")
def spark(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """With the tables of the page, in the form that the page gives for Spark."""
    session = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
               .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
               .config("spark.sql.shuffle.partitions", "2")
               .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse"))).getOrCreate())
    try:
        for statement in TABLES:
            statement, serde = re.subn(r"ROW FORMAT SERDE '.*?'", "", statement)
            statement, place = re.subn(r"LOCATION 's3://bucket/run/", f"LOCATION '{run.out}/", statement)
            statement, form = re.subn(r"\)\nPARTITIONED BY", ")\nUSING json\nPARTITIONED BY", statement)
            assert (serde, place, form) == (1, 1, 1), statement
            # The partition is a column among the others there.
            name = one(re.findall(r"EXTERNAL TABLE (\w+)", statement))
            statement = statement.replace("\n)\nUSING", ",\n  account_id string\n)\nUSING")
            statement = statement.replace("PARTITIONED BY (account_id string)", "PARTITIONED BY (account_id)")
            session.sql(statement.replace("EXTERNAL ", ""))
            session.sql(f"MSCK REPAIR TABLE {name}")
        yield session
    finally:
        session.stop()


def rows(spark: SparkSession, about: str) -> list[tuple]:
    query = one(query for query in QUERIES if about in query)
    return [tuple(row) for row in spark.sql(query).collect()]


def test_there_is_a_query_for_each_table(spark: SparkSession) -> None:
    assert (len(TABLES), len(QUERIES)) == (4, 5)
    assert {table.name for table in spark.catalog.listTables()} == {"findings", "inventory", "gaps", "buckets"}


def test_every_row_is_read_whole(spark: SparkSession, run: Run) -> None:
    """As many rows as there are lines, each with its key; and what is declared as an object is one, or nothing."""
    for table, folder, column, objects in (("findings", "findings", "fingerprint", ("resource", "exception")),
                                           ("inventory", "inventory", "arn", ("tags",)),
                                           ("gaps", "gaps", "operation", ()),
                                           ("buckets", "snapshot/buckets", "name", ("encryption",))):
        written = [json.loads(row.value) for row in spark.read.text(str(run.out / folder)).collect()]
        counted = one(spark.sql(f"SELECT count(*), count({column}) FROM {table}").collect())
        assert written and tuple(counted) == (len(written), len(written)), table
        for name in objects:
            assert {type(row[name]) for row in written} <= {dict, type(None)}, (table, name)


def test_findings_by_check(spark: SparkSession, run: Run) -> None:
    found = [finding for finding in run.report["findings"] if finding["exception"] is None]
    expected = Counter((finding["severity"], finding["check"]) for finding in found)
    accounts = {key: len({finding["resource"]["account_id"] for finding in found
                          if (finding["severity"], finding["check"]) == key and finding["resource"]["account_id"]})
                for key in expected}
    said = rows(spark, "FROM findings")
    assert {(severity, check): (count, of) for severity, check, count, of in said} == {
        key: (expected[key], accounts[key]) for key in expected}
    severities = [row[0] for row in said]
    assert severities == sorted(severities, key=["critical", "high", "medium", "low", "info"].index)
    assert len(found) < len(run.report["findings"]), "an exception covers some"


def test_unjustified_keys_by_account(spark: SparkSession, run: Run) -> None:
    counts = Counter(key["account_id"] for key in run.report["keys"] if key["standing"] == "unjustified")
    assert rows(spark, "'unjustified'") == sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:20]


def test_keys_by_reason(spark: SparkSession, run: Run) -> None:
    counts = Counter(key["justification"] for key in run.report["keys"] if key["standing"] == "justified")
    assert counts and dict(rows(spark, "customer_managed_keys")) == counts


def test_gaps_by_operation(spark: SparkSession, run: Run) -> None:
    gaps = [gap for gap in run.report["coverage"]["gaps"] if gap["effect"] != "nothing of this account was looked at"]
    counts = Counter((gap["operation"], gap["error_code"]) for gap in gaps)
    accounts = {key: len({gap["account_id"] for gap in gaps if (gap["operation"], gap["error_code"]) == key})
                for key in counts}
    said = {(operation, code): (count, of) for operation, code, count, of in rows(spark, "FROM gaps")}
    assert said == {key: (counts[key], accounts[key]) for key in counts} and counts


def test_buckets_without_a_bucket_key(spark: SparkSession, run: Run) -> None:
    said = rows(spark, "FROM buckets")
    assert {name for _, _, name, _ in said} == {
        finding["resource"]["name"] for finding in run.findings("bucket-key-disabled")}
    assert len(said) == run.report["summary"]["sse_kms_buckets_without_bucket_key"] > 0
