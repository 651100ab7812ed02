"""docs/recipes.md: every block is what it claims to be, and every command line in it is one that the program takes."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "recipes.md"
ESTATE = REPOSITORY / "fixtures" / "estates" / "well-kept.toml"
SUBCOMMANDS = ("scan", "quota", "template", "assess", "verify", "diff", "trend", "checks")
COMMAND = re.compile(rf"\bkms-audit ((?:{'|'.join(SUBCOMMANDS)})\b[^\n`&|;]*)")


class CloudFormationLoader(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict:
    construct = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}
    return {suffix: construct[type(node)](node)}


CloudFormationLoader.add_multi_constructor("!", _function)


def _cron(text: str) -> list[tuple[list[str], str, str]]:
    """The entries of a system crontab: five fields, a user, a command."""
    entries = []
    for line in text.splitlines():
        if re.fullmatch(r"[A-Z_]+=\S+", line):
            continue
        *fields, user, command = line.split(maxsplit=6)
        assert len(fields) == 5, line
        for field, (least, most) in zip(fields, [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)], strict=True):
            assert re.fullmatch(r"(\*|\d+)(/\d+)?", field), line
            assert all(least <= int(number) <= most for number in re.findall(r"(?<!/)\b\d+", field)), line
        assert "%" not in command, "cron takes it for the end of the line"
        entries.append((fields, user, command))
    return entries


def _ini(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


PARSERS: dict[str, Callable] = {
    "yaml": lambda text: list(yaml.load_all(text, CloudFormationLoader)),
    "json": json.loads,
    "ini": _ini,
    "cron": _cron,
}


@dataclass(frozen=True)
class Recipe:
    name: str
    language: str
    text: str

    @property
    def parsed(self):
        return PARSERS[self.language](self.text)


def _recipes() -> dict[str, Recipe]:
    page = PAGE.read_text(encoding="utf-8")
    marked = re.findall(r"^<!-- recipe: ([a-z-]+) -->\n```([a-z]+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(marked) == page.count("\n```") / 2, "each block has a name above it"
    return {name: Recipe(name, language, text) for name, language, text in marked}


RECIPES = _recipes()


def _strings(value) -> Iterator[str]:
    """Every text in what was parsed; a list that begins with a subcommand is a command line of the container."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        if value and value[0] in SUBCOMMANDS:
            yield "kms-audit " + shlex.join(value)
        else:
            for item in value:
                yield from _strings(item)


def _commands() -> list[tuple[str, str]]:
    found = [(recipe.name, command) for recipe in RECIPES.values()
             for text in _strings(recipe.parsed) for command in COMMAND.findall(text)]
    prose = re.sub(r"```.*?```", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    found += [("prose", command) for command in COMMAND.findall(prose)]
    return [(place, command.strip()) for place, command in found]


COMMANDS = _commands()


@pytest.mark.parametrize("name", RECIPES)
def test_a_block_is_what_it_claims_to_be(name):
    assert RECIPES[name].parsed


def test_every_recipe_that_runs_the_program_is_seen_to_do_so():
    places = [place for place, _ in COMMANDS]
    running = set(RECIPES) - {"github-trust", "systemd-timer"}
    assert running <= set(places), running - set(places)
    assert places.count("github-actions") == places.count("gitlab-ci") == places.count("cron") == 2


@pytest.mark.parametrize(("place", "command"), COMMANDS, ids=[f"{place}: {command}" for place, command in COMMANDS])
def test_a_command_line_is_one_that_the_program_takes(program, tmp_path: Path, place, command):
    arguments = shlex.split(command)
    for position, argument in enumerate(arguments):
        if position and arguments[position - 1] == "--out":
            arguments[position] = str(tmp_path / Path(argument).name)
    if arguments[0] == "scan":
        arguments += ["--last-usage-budget", "0s"]
        arguments += [] if "--out" in arguments else ["--out", str(tmp_path / "run")]
    if arguments[0] in ("scan", "quota"):
        arguments += ["--sandbox", str(ESTATE), "--api-share", "off"]
    run = program.run(*arguments, access_key=None, region=None)
    assert run.code in (0, 3, 4), run.explain()
    assert "error:" not in run.stderr, run.explain()


def test_the_workflow_and_the_pipeline_keep_what_the_scan_wrote(program, tmp_path):
    github = RECIPES["github-actions"].parsed[0]
    steps = github["jobs"]["audit"]["steps"]
    assert [len(entry["cron"].split()) for entry in github[True]["schedule"]] == [5], "`on` is true in YAML 1.1"
    upload = next(step["with"]["sarif_file"] for step in steps if "upload-sarif" in step.get("uses", ""))
    junit = RECIPES["gitlab-ci"].parsed[0]["kms-audit"]["artifacts"]["reports"]["junit"]
    for place, file in [("github-actions", upload), ("gitlab-ci", junit)]:
        command = next(command for name, command in COMMANDS if name == place and command.startswith("scan"))
        folder = tmp_path / place
        folder.mkdir()
        arguments = shlex.split(command)
        out = folder / arguments[arguments.index("--out") + 1]
        arguments[arguments.index("--out") + 1] = str(out)
        run = program.run(*arguments, "--sandbox", ESTATE, "--api-share", "off", "--last-usage-budget", "0s",
                          access_key=None, region=None)
        assert run.code == 0, run.explain()
        assert (folder / file).is_file(), file


def test_the_pod_is_without_root_and_its_file_system_without_writing():
    _, job = RECIPES["kubernetes"].parsed
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True and pod["restartPolicy"] == "Never"
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert len(job["spec"]["schedule"].split()) == 5


def test_the_task_may_do_what_the_check_needs_and_nothing_else(program):
    [template] = RECIPES["cloudformation"].parsed
    resources = template["Resources"]
    [policy] = resources["TaskRole"]["Properties"]["Policies"]
    run = program.run("template", "iam-policy", "--for", "quota", access_key=None)
    [allowed] = policy["PolicyDocument"]["Statement"]
    [printed] = json.loads(run.stdout)["Statement"]
    assert allowed["Action"] == printed["Action"]
    defined = set(resources) | set(template["Parameters"])
    named = re.findall(r"!(?:Ref |GetAtt )([A-Za-z]+)(?![A-Za-z:])", RECIPES["cloudformation"].text)
    assert set(named) - {"AWS"} <= defined
    [task] = resources["Task"]["Properties"]["ContainerDefinitions"]
    assert task["ReadonlyRootFilesystem"] is True and task["User"] != "0"


def test_cfn_lint_has_nothing_to_say_of_the_template(tmp_path):
    template = tmp_path / "quota.yaml"
    template.write_text(RECIPES["cloudformation"].text, encoding="utf-8")
    linted = subprocess.run([str(Path(sys.executable).with_name("cfn-lint")), "--", str(template)], capture_output=True,
                            text=True, timeout=300)
    assert (linted.returncode, linted.stdout) == (0, ""), linted


def _ended(cluster, stop_code: str, exit_code: int | None = None) -> dict:
    """What EventBridge says of a task that has ended."""
    container = {"name": "kms-audit"} | ({} if exit_code is None else {"exitCode": exit_code})
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change",
            "detail": {"clusterArn": cluster, "lastStatus": "STOPPED", "stopCode": stop_code, "containers": [container]}}


def _matches(pattern: dict, event: dict) -> bool:
    """Event patterns, as far as the recipe uses them."""
    def fits(wanted, value) -> bool:
        if isinstance(value, list):
            return any(fits(wanted, item) for item in value)
        if isinstance(wanted, dict):
            return isinstance(value, dict) and _matches(wanted, value)
        return any(value not in (None, option["anything-but"]) if isinstance(option, dict) and "anything-but" in option
                   else value == option for option in wanted)

    return all(any(_matches(choice, event) for choice in wanted) if name == "$or" else fits(wanted, event.get(name))
               for name, wanted in pattern.items())


def test_there_is_a_mail_for_each_end_that_is_not_good_and_for_no_other(program):
    [template] = RECIPES["cloudformation"].parsed
    ended = template["Resources"]["Ended"]["Properties"]
    [cluster] = ended["EventPattern"]["detail"]["clusterArn"]
    for estate, reached in [("re-encryption-incident", True), ("well-kept", False)]:
        path = REPOSITORY / "fixtures" / "estates" / f"{estate}.toml"
        run = program.run("quota", "--sandbox", path, "--api-share", "off", access_key=None, region=None)
        assert (run.code == 3) is reached, run.explain()
        assert _matches(ended["EventPattern"], _ended(cluster, "EssentialContainerExited", run.code)) is reached
    for code in (1, 2, 4):
        assert _matches(ended["EventPattern"], _ended(cluster, "EssentialContainerExited", code))
    assert _matches(ended["EventPattern"], _ended(cluster, "TaskFailedToStart"))
    assert not _matches(ended["EventPattern"], _ended("another", "TaskFailedToStart"))
    [target] = ended["Targets"]
    assert target["Arn"] == {"Ref": "NotGood"}
    said = json.loads(target["InputTransformer"]["InputTemplate"])
    assert set(re.findall("<([a-z]+)>", said)) == set(target["InputTransformer"]["InputPathsMap"])


def test_the_service_is_started_by_its_timer():
    service, timer = RECIPES["systemd-service"].parsed, RECIPES["systemd-timer"].parsed
    assert service["Service"]["Type"] == "oneshot" and "OnCalendar" in timer["Timer"]
    assert service["Service"]["ExecStart"].startswith("/usr/local/bin/kms-audit quota ")
    assert timer["Install"]["WantedBy"] == "timers.target"
