"""docs/estate.schema.json describes the estates: what the program reads fits it, and slips of the pen do not."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest
from conftest import REPOSITORY, Program

SCHEMA = json.loads((REPOSITORY / "docs" / "estate.schema.json").read_text(encoding="utf-8"))
ESTATES = sorted((REPOSITORY / "fixtures" / "estates").glob("*.toml"))


def as_json(value: object) -> object:
    """TOML as JSON has it: without date-times."""
    match value:
        case datetime():
            return value.isoformat()
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case list():
            return [as_json(item) for item in value]
        case _:
            return value


def problems(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(as_json(tomllib.loads(text)))]


@pytest.mark.parametrize("estate", ESTATES, ids=lambda path: path.stem)
def test_every_estate_fits_the_schema(estate: Path) -> None:
    assert problems(estate.read_text(encoding="utf-8")) == []


def test_a_generated_estate_fits_the_schema(program: Program) -> None:
    run = program.run("sandbox", "generate", "--accounts", "30", "--regions", "3", "--keys", "1234", "--buckets", "56",
                      endpoint=None, access_key=None, region=None)
    assert run.code == 0, run.stderr
    assert problems(run.stdout) == []


@pytest.mark.parametrize(("line", "problem"), [
    ('as_of = "yesterday"', "yesterday"),
    ('bucket = [{ name = "a-b", region = "eu-west-3", encryption = "SSE" }]', "SSE"),
    ('fault = [{ service = "kms", kind = "explode" }]', "explode"),
    ("regoin = []", "regoin"),
])
def test_a_slip_of_the_pen_does_not_fit(line: str, problem: str) -> None:
    text = 'account = { id = "111122223333" }\n' + line + "\n"
    if "as_of" not in line:
        text = "as_of = 2026-06-15T06:00:00Z\n" + text
    assert any(problem in found for found in problems(text)), problems(text)
