"""The tables of a run: every row against its JSON Schema, and the queries of docs/snapshot.md in DuckDB and Spark."""

from __future__ import annotations

import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import jsonschema
import pytest
import zstandard
from conftest import REPOSITORY, Program, Run

DOCS = REPOSITORY / "docs"
PAGE = (DOCS / "snapshot.md").read_text(encoding="utf-8")
ESTATES = ["saas-tenants", "regulated", "denied", "hostile-text", "re-encryption-incident"]
# Two keys of a Region, whose tags differ only in case.
CASES = """
as_of = 2026-06-15T06:00:00Z
[account]
id = "012345678901"
[[region]]
name = "eu-west-3"
[[region.key]]
tags = { Requirement = "policy", requirement = "audit", REQUIREMENT = "byok" }
created = 2026-01-01T00:00:00Z
[[region.key]]
tags = { requirement = "audit" }
created = 2026-01-01T00:00:00Z
"""

Answer = list[tuple]


@pytest.fixture(scope="module")
def runs(program: Program, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "cases.toml").write_text(CASES, encoding="utf-8")
    estates = {name: REPOSITORY / "fixtures" / "estates" / f"{name}.toml" for name in ESTATES}
    estates["cases"] = folder / "cases.toml"
    runs = {}
    for name, estate in estates.items():
        runs[name] = program.run("scan", "--sandbox", estate, "--api-share", "off", "--last-usage-budget", "0s",
                                 "--out", folder / name)
        assert runs[name].code == 0, runs[name].explain()
    runs["organization"] = program.run(
        "scan", "--organization", "--sandbox", REPOSITORY / "fixtures" / "estates" / "organization.toml",
        "--api-share", "off", "--last-usage-budget", "0s", "--out", folder / "organization", timeout=300)
    assert runs["organization"].code == 0, runs["organization"].explain()
    return runs


# ---- the schemas ---------------------------------------------------------------------------------------------------


def rows(file: Path) -> Iterator[dict]:
    with file.open("rb") as compressed:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(compressed), encoding="utf-8")
        for line in text:
            yield json.loads(line)


def strict(schema: object) -> object:
    """The schema, with fields that it does not name refused: what is written has to be described."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: strict(part) for name, part in schema.items()}
    if schema.get("type") == "object" and "properties" in schema and "additionalProperties" not in schema:
        schema["unevaluatedProperties"] = False
    return schema


def validator(path: str) -> jsonschema.Draft202012Validator:
    schema = strict(json.loads((DOCS / f"{path}.schema.json").read_text(encoding="utf-8")))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def tables(out: Path) -> Iterator[tuple[str, Path]]:
    """The path of each table's schema, and its files."""
    for file in sorted(out.rglob("*.jsonl.zst")):
        table = file.relative_to(out).parts[:-2]
        yield "/".join(table if table[0] == "snapshot" else ("results", *table)), file


@pytest.mark.parametrize("estate", [*ESTATES, "cases", "organization"])
def test_every_row_of_every_table_is_as_its_schema_says(runs: dict[str, Run], estate: str) -> None:
    out = runs[estate].out
    seen = Counter()
    validators = {}
    shapes = set()
    for table, file in tables(out):
        check = validators.get(table) or validators.setdefault(table, validator(table))
        for row in rows(file):
            seen[table] += 1
            # Rows that are alike but for names and numbers say nothing new.
            if (shape := table + json.dumps(shape_of(row))) not in shapes:
                shapes.add(shape)
                check.validate(row)
    validator("snapshot/scan").validate(json.loads((out / "snapshot" / "scan.json").read_text(encoding="utf-8")))
    described = {path.relative_to(DOCS).as_posix().removesuffix(".schema.json")
                 for folder in ("snapshot", "results") for path in (DOCS / folder).glob("*.schema.json")}
    assert set(validators) == described - {"snapshot/scan"}
    assert seen["snapshot/keys"] == seen["results/inventory"] == runs[estate].report["summary"]["customer_managed_keys"]


def shape_of(value: object) -> object:
    match value:
        case dict():
            return {name: shape_of(part) for name, part in value.items()}
        case list():
            return sorted({json.dumps(shape_of(part)) for part in value})
        case _:
            return type(value).__name__


def test_the_strict_schema_refuses_what_is_not_described(runs: dict[str, Run]) -> None:
    key = next(rows(next((runs["cases"].out / "snapshot" / "keys").rglob("*.zst"))))
    check = validator("snapshot/keys")
    check.validate(key)
    for wrong in (key | {"extra": 1}, key | {"tags": {"known": {"a": 1}}}, key | {"tags": "unknown"},
                  key | {"metadata": {"known": key["metadata"]["known"] | {"extra": 1}}}):
        with pytest.raises(jsonschema.ValidationError):
            check.validate(wrong)


# ---- the queries ---------------------------------------------------------------------------------------------------



def queries() -> Iterator[tuple[str, str]]:
    """The title of each query of the page, and the query."""
    for section in PAGE.split("\n### ")[1:]:
        title, text = section.split("\n", 1)
        [query] = re.findall(r"^```sql\n(.*?)^```", text, re.M | re.S)
        yield title, query


QUERIES = dict(queries())


def statements(engine: str) -> list[str]:
    [block] = re.findall(rf"^```sql {engine}\n(.*?)^```", PAGE, re.M | re.S)
    return [statement for statement in block.split(";") if statement.strip()]


def in_duckdb(out: Path) -> Callable[[str], Answer]:
    connection = duckdb.connect()
    here = Path.cwd()
    os.chdir(out)
    try:
        for statement in statements("duckdb"):
            connection.execute(statement)
    finally:
        os.chdir(here)

    def ask(query: str) -> Answer:
        os.chdir(out)
        try:
            return connection.execute(query).fetchall()
        finally:
            os.chdir(here)

    return ask


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory):
    """A session of Spark, which answers nobody but this process."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder),
        "spark.sql.shuffle.partitions": "1",
        # As docs/snapshot.md asks for.
        "spark.sql.caseSensitive": "true",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        assert name.startswith(("spark.ui", "spark.driver", "spark.local", "spark.sql.warehouse", "spark.sql.shuffle")) \
            or f"`{name}={value}`" in PAGE, f"docs/snapshot.md does not ask for {name}"
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def in_spark(spark, out: Path) -> Callable[[str], Answer]:
    for statement in statements("spark"):
        statement = statement.replace("CREATE TEMPORARY VIEW", "CREATE OR REPLACE TEMPORARY VIEW")
        spark.sql(re.sub(r"path '([^']+)'", lambda found: f"path '{out / found[1]}'", statement))
    return lambda query: [tuple(row) for row in spark.sql(query).collect()]


def counted(values) -> Answer:
    """Each value, a tuple, with how often it is there, nothing last as both engines are not asked to agree on that."""
    return sorted(((*value, count) for value, count in Counter(values).items()), key=repr)


def expected(report: dict) -> dict[str, Answer]:
    """What each query has to say, from the report; in no order."""
    keys = report["keys"]
    tags = [key for key in keys if key["tags"] is not None]
    of_arn = {key["arn"]: key for key in keys}
    open_findings = [finding for finding in report["findings"] if finding["exception"] is None]
    without_reason = [of_arn[finding["resource"]["arn"]] for finding in open_findings
                      if finding["check"] == "unjustified-key"]
    return {
        "Keys by account, Region and state": counted((key["account_id"], key["region"], key["state"]) for key in keys),
        "Keys that nobody can justify": counted((key["account_id"], key["region"]) for key in keys
                                                if key["standing"] == "unjustified"),
        "What the keys are tagged with": counted((key["tags"].get("requirement"),) for key in tags),
        "Findings by check": counted((finding["check"],) for finding in open_findings),
        "What could not be read": counted((gap["account_id"], gap["region"], gap["operation"], gap["error_code"])
                                          for gap in report["coverage"]["gaps"]),
        "Keys without a reason, and who they belong to": sorted(
            ((key["account_id"], key["region"], key["aliases"][0] if key["aliases"] else None,
              (key["tags"] or {}).get("tenant")) for key in without_reason), key=repr),
    }


def holds(ask: Callable[[str], Answer], report: dict) -> None:
    said = {title: ask(query) for title, query in QUERIES.items()}
    for title, rows in expected(report).items():
        answer = [row[:4] for row in said[title]] if title.startswith("Keys without a reason") else said[title]
        assert sorted(answer, key=repr) == rows, title
    near = "How close each Region came to its ceiling"
    peaks = {(row["account_id"], row["region"], row["pool"]): row["utilization"] for row in report["quota"]
             if row["pool"].startswith("CryptographicOperations") and row["peak_rps"] is not None}
    assert {row[:3]: pytest.approx(row[5], abs=1e-4) for row in said[near]} == peaks
    assert [row[5] for row in said[near]] == sorted((row[5] for row in said[near]), reverse=True)
    without_bucket_key = report["summary"]["sse_kms_buckets_without_bucket_key"]
    assert len(said["SSE-KMS buckets without a Bucket Key"]) == without_bucket_key


def test_the_page_has_the_queries_that_are_tried() -> None:
    assert len(QUERIES) == PAGE.count("\n```sql\n") == 9
    assert len(statements("duckdb")) == 6


@pytest.mark.parametrize("estate", [*ESTATES, "cases", "organization"])
def test_duckdb_says_what_the_report_says(runs: dict[str, Run], estate: str) -> None:
    holds(in_duckdb(runs[estate].out), runs[estate].report)


@pytest.mark.parametrize("estate", ["saas-tenants", "denied", "hostile-text", "cases"])
def test_spark_says_what_the_report_says(runs: dict[str, Run], spark, estate: str) -> None:
    holds(in_spark(spark, runs[estate].out), runs[estate].report)


def test_both_find_the_policies_that_depend_on_an_encryption_context(runs: dict[str, Run], spark) -> None:
    query = QUERIES["Key policies that depend on an encryption context"]
    out = runs["regulated"].out
    found = in_duckdb(out)(query)
    assert found and found == in_spark(spark, out)(query)
