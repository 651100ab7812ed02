"""The templates in deploy/: they are well-formed by the linters of those who know, allow what the program needs and no
more, and the processes that they start share a scan, whoever starts them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import yaml
from cfnlint.decode import cfn_yaml
from conftest import REPOSITORY, Program, one
from kubernetes_validate import validate
from served_sandbox import serve

DEPLOY = REPOSITORY / "deploy"
CLOUDFORMATION = sorted(path for path in DEPLOY.glob("*/*.yaml") if "AWSTemplateFormatVersion" in path.read_text())
KUBERNETES = [(path, document) for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
              for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
DOCKERFILE = DEPLOY / "docker" / "Dockerfile"

ROLE_STACKSET = cfn_yaml.load(str(DEPLOY / "cloudformation" / "role-stackset.yaml"))
AUDITOR = cfn_yaml.load(str(DEPLOY / "cloudformation" / "auditor.yaml"))
BATCH = cfn_yaml.load(str(DEPLOY / "aws-batch" / "array-job.yaml"))
STATES = cfn_yaml.load(str(DEPLOY / "step-functions" / "scan.yaml"))["Resources"]["StateMachine"]["Properties"][
    "Definition"]["States"]
SCAN_JOB, MERGE_JOB = (one(document for _, document in KUBERNETES if document["metadata"]["name"] == name)
                       for name in ("kms-audit-scan", "kms-audit-merge"))

SHARDS = 4
AS_OF = "2026-06-15T06:00:00Z"


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A program of the environment of these tests."""
    return subprocess.run([str(Path(sys.executable).with_name(name)), *map(str, arguments)], capture_output=True,
                          text=True, timeout=300)


# ---- linters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", CLOUDFORMATION, ids=lambda path: path.stem)
def test_cfn_lint_has_nothing_to_say(template: Path) -> None:
    assert len(CLOUDFORMATION) == 4
    linted = tool("cfn-lint", "--", template)
    assert (linted.returncode, linted.stdout) == (0, ""), linted


def test_cfn_lint_has_nothing_to_say_of_the_template_in_the_stack_set(tmp_path: Path) -> None:
    inner = tmp_path / "role.yaml"
    inner.write_text(ROLE_STACKSET["Resources"]["RoleElsewhere"]["Properties"]["TemplateBody"], encoding="utf-8")
    linted = tool("cfn-lint", "--", inner)
    assert (linted.returncode, linted.stdout) == (0, ""), linted
    role = cfn_yaml.load(str(inner))["Resources"]["Role"]
    assert role["Properties"] == ROLE_STACKSET["Resources"]["RoleHere"]["Properties"]


@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_the_objects_of_kubernetes_fit_its_schema(version: str) -> None:
    assert len(KUBERNETES) == 5
    for _, document in KUBERNETES:
        validate(document, version, strict=True)


def test_hadolint_has_nothing_to_say() -> None:
    linted = tool("hadolint", "--strict-labels", "--failure-threshold", "style", DOCKERFILE)
    assert (linted.returncode, linted.stdout) == (0, ""), linted


def test_shellcheck_has_nothing_to_say() -> None:
    scripts = sorted(DEPLOY.rglob("*.sh"))
    linted = tool("shellcheck", *scripts)
    assert scripts and (linted.returncode, linted.stdout) == (0, ""), linted


# ---- what they allow -----------------------------------------------------------------------------------------------


def test_the_roles_allow_what_the_table_of_operations_says(program: Program) -> None:
    def printed(name: str) -> list[dict]:
        return json.loads(program.run("template", name).stdout)["Statement"]

    def policy(role: dict, name: str) -> list[dict]:
        return one(policy["PolicyDocument"]["Statement"] for policy in role["Properties"]["Policies"]
                   if policy["PolicyName"] == name)

    auditor = AUDITOR["Resources"]["AuditorRole"]
    assert policy(ROLE_STACKSET["Resources"]["RoleHere"], "kms-audit-read-only") == printed("iam-policy")
    assert policy(auditor, "kms-audit-read-only") == printed("iam-policy")
    for mine, theirs in zip(policy(auditor, "kms-audit-organization"), printed("organization-policy"), strict=True):
        assert (mine["Sid"], mine["Action"]) == (theirs["Sid"], theirs["Action"])
    listing, aggregator, entering = policy(auditor, "kms-audit-organization")
    assert (listing["Resource"], aggregator["Resource"]) == ("*", "*")
    assert entering["Resource"] == {
        "Fn::Sub": "arn:${AWS::Partition}:iam::*:role/${RoleName}"}


def test_the_template_of_the_role_is_the_one_that_the_program_prints(program: Program) -> None:
    file = DEPLOY / "cloudformation" / "role-stackset.yaml"
    assert program.run("template", "role-stackset").stdout == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("job", [SCAN_JOB, MERGE_JOB], ids=["scan", "merge"])
def test_pods_are_no_root_have_a_read_only_root_and_no_token_of_kubernetes(job: dict) -> None:
    pod = job["spec"]["template"]["spec"]
    container = one(pod["containers"])
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 65532
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                            "capabilities": {"drop": ["ALL"]}}
    assert pod["automountServiceAccountToken"] is False


def test_containers_of_the_program_have_a_read_only_root() -> None:
    for name in ("Scan", "Merge"):
        assert BATCH["Resources"][name]["Properties"]["ContainerProperties"]["ReadonlyRootFilesystem"] is True
    task = cfn_yaml.load(str(DEPLOY / "step-functions" / "scan.yaml"))["Resources"]["AuditorTask"]["Properties"]
    assert one(task["ContainerDefinitions"])["ReadonlyRootFilesystem"] is True


# ---- the image -----------------------------------------------------------------------------------------------------


def test_the_images_have_pinned_bases_and_a_user_that_is_not_root() -> None:
    lines = DOCKERFILE.read_text(encoding="utf-8").splitlines()
    build, shell, last = (line.split()[1] for line in lines if line.startswith("FROM "))
    for base in (build, shell):
        assert re.fullmatch(r"\w+:\d+\.\d+\.\d+(-[\w.]+)?@sha256:[0-9a-f]{64}", base), base
    assert last == "scratch"
    assert [line for line in lines if line.startswith("USER ")] == ["USER 65532:65532"] * 2
    declared = (REPOSITORY / "Cargo.toml").read_text(encoding="utf-8")
    least = re.search(r'rust-version = "([\d.]+)"', declared).group(1)
    used = re.search(r"rust:([\d.]+)-", build).group(1)
    assert [*map(int, used.split("."))] >= [*map(int, least.split("."))]


def test_the_program_builds_from_what_the_image_is_given(tmp_path: Path) -> None:
    """The build context, without the files that its ignore file leaves out, checked as the image builds it."""
    ignore = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert ignore[0] == "*"
    for name in ignore[1:]:
        source = REPOSITORY / name.removeprefix("!")
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, tmp_path / source.name)
    target = os.environ.get("CARGO_TARGET_DIR", str(REPOSITORY / "target"))
    build = next(line for line in DOCKERFILE.read_text().splitlines() if line.startswith("RUN cargo build"))
    flags = build.removeprefix("RUN cargo build ").removesuffix(" \\").replace("--release ", "").split()
    checked = subprocess.run(["cargo", "check", *flags], cwd=tmp_path, env=os.environ | {"CARGO_TARGET_DIR": target},
                             capture_output=True, text=True, timeout=600)
    assert checked.returncode == 0, checked.stderr


# ---- the processes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Organization:
    """A served organization, and the run of one process that scans all of it."""

    program: Program
    endpoint: str
    unsharded: Path

    # Of the sandbox and not of the templates: no brake, and one Region of many.
    settings = {"KMS_AUDIT_API_SHARE": "off", "KMS_AUDIT_LAST_USAGE_BUDGET": "0s", "KMS_AUDIT_REGION": "eu-west-3"}

    def start(self, arguments: list[str], **environment: str) -> subprocess.Popen[str]:
        sandbox = ["--sandbox", self.endpoint] if arguments[0] == "scan" else []
        return self.program.start(*arguments, *sandbox, access_key=None, region=None, **self.settings, **environment)

    def run_together(self, processes: list[tuple[list[str], dict[str, str]]]) -> None:
        started = [(arguments, self.start(arguments, **environment)) for arguments, environment in processes]
        for arguments, process in started:
            run = self.program.finish(process, tuple(arguments), 300)
            assert run.code == 0, run.explain()


@pytest.fixture(scope="module")
def organization(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organization]:
    estate = REPOSITORY / "fixtures" / "estates" / "organization.toml"
    with serve(program, estate) as aws:
        unsharded = tmp_path_factory.mktemp("unsharded") / "run"
        organization = Organization(program, aws.endpoint, unsharded)
        organization.run_together([(["scan", "--organization", "--out", str(unsharded)], {})])
        yield organization


def files(run: Path) -> dict[str, bytes]:
    """What the run came to: all but what says how it was run."""
    found = {str(path.relative_to(run)): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    return {name: content for name, content in found.items() if name not in ("manifest.json", "run.json")}


def assert_same_run(merged: Path, unsharded: Path) -> None:
    merged_files, unsharded_files = files(merged), files(unsharded)
    assert merged_files.keys() == unsharded_files.keys()
    assert [name for name in merged_files if merged_files[name] != unsharded_files[name]] == []
    assert {"report.json", "report.md", "snapshot/scan.json"} < merged_files.keys()


def mounted(text: str, folder: Path) -> str:
    """A path of the container as one of this machine."""
    return re.sub(r"^((--\w+=)?)/runs\b", lambda found: f"{found.group(1)}{folder}", text)


Processes = tuple[list[tuple[list[str], dict[str, str]]], tuple[list[str], dict[str, str]]]


def in_aws_batch(folder: Path) -> Processes:
    """What AWS Batch starts for the jobs of submit.sh."""
    given = {"asOf": AS_OF, "run": "/runs/today", "merged": "/runs/today/merged"}

    def command(job: str) -> list[str]:
        words = BATCH["Resources"][job]["Properties"]["ContainerProperties"]["Command"]
        words = [given[word.removeprefix("Ref::")] if word.startswith("Ref::") else word for word in words]
        return [mounted(word, folder) for word in words]

    children = [(command("Scan"), {"AWS_BATCH_JOB_ARRAY_INDEX": str(index), "AWS_BATCH_JOB_ARRAY_SIZE": str(SHARDS)})
                for index in range(SHARDS)]
    return children, (command("Merge"), {})


def in_kubernetes(folder: Path) -> Processes:
    """What the Indexed Job starts, with as many completions as there are shards here."""
    config = {"KMS_AUDIT_AS_OF": AS_OF, "RUN": "/runs/today", "MERGED": "/runs/today/merged"}

    def command(job: dict) -> list[str]:
        words = one(job["spec"]["template"]["spec"]["containers"])["args"]
        words = [re.sub(r"\$\((\w+)\)", lambda found: config[found.group(1)], word) for word in words]
        completions = job["spec"]["completions"]
        return [mounted(word.replace(f"auto/{completions}", f"auto/{SHARDS}"), folder) for word in words]

    pods = [(command(SCAN_JOB), config | {"JOB_COMPLETION_INDEX": str(index)}) for index in range(SHARDS)]
    return pods, (command(MERGE_JOB), config)


def in_step_functions(folder: Path) -> Processes:
    """What the state machine starts, its intrinsic functions worked out."""
    execution = {"$$.Execution.Name": "today", "$$.Execution.StartTime": AS_OF.replace("Z", ".123Z")}

    def worked_out(expression: str, values: dict[str, object]) -> object:
        called = re.fullmatch(r"States\.(\w+)\((.*)\)", expression)
        if not called:
            return values[expression]
        arguments = [argument[1:-1] if argument.startswith("'") else values[argument]
                     for argument in re.findall(r"'[^']*'|[^', ]+", called.group(2))]
        match called.group(1):
            case "Format":
                return arguments[0].replace("{}", "%s") % tuple(arguments[1:])
            case "Array":
                return arguments
            case "StringSplit":
                return arguments[0].split(arguments[1])
        raise AssertionError(expression)

    def overrides(state: dict) -> dict:
        return one(state["Parameters"]["Overrides"]["ContainerOverrides"])

    numbered = STATES["NumberShards"]["Parameters"]
    assert numbered["numbers.$"] == "States.ArrayRange(1, $.shards, 1)"
    values = {f"$.{name}": worked_out(numbered[f"{name}.$"], execution) for name in ("asOf", "run", "merged", "subnets")}
    shard = overrides(STATES["ScanShards"]["ItemProcessor"]["States"]["ScanShard"])
    selected = STATES["ScanShards"]["ItemSelector"]
    tasks = []
    for number in range(1, SHARDS + 1):
        of_item = values | {"$$.Map.Item.Value": str(number), "$.shards": str(SHARDS)}
        item = {f"$.{name.removesuffix('.$')}": worked_out(selected[name], of_item) for name in selected}
        environment = {row["Name"]: mounted(item[row["Value.$"]], folder) for row in shard["Environment"]}
        tasks.append((list(shard["Command"]), environment))
    merge = worked_out(overrides(STATES["Merge"])["Command.$"], values)
    return tasks, ([mounted(word, folder) for word in merge], {})


@pytest.mark.parametrize("started", [in_aws_batch, in_kubernetes, in_step_functions])
def test_the_processes_of_a_template_share_a_scan_and_the_merged_run_equals_that_of_one(
        organization: Organization, tmp_path: Path, started: Callable[[Path], Processes]) -> None:
    shards, merge = started(tmp_path)
    assert len(shards) == SHARDS
    organization.run_together(shards)
    reports = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("today/shard-*/report.json"))]
    assert [report["scan"]["shard"] for report in reports] == [f"{n}/{SHARDS}" for n in range(1, SHARDS + 1)]
    assert all(report["scan"]["accounts"] for report in reports), "each has some of two hundred accounts"
    organization.run_together([merge])
    assert_same_run(tmp_path / "today" / "merged", organization.unsharded)
    # Whoever starts a process again finds it done.
    before = files(tmp_path / "today")
    organization.run_together(shards[:1])
    assert files(tmp_path / "today") == before


def test_the_roles_that_the_scans_enter_are_those_that_the_template_of_the_role_makes() -> None:
    imported = {"Fn::ImportValue": {"Fn::Sub": "${AuditorStack}-RoleName"}}
    exported = AUDITOR["Outputs"]["RoleName"]
    assert exported == {"Value": {"Ref": "RoleName"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-RoleName"}}}
    states = cfn_yaml.load(str(DEPLOY / "step-functions" / "scan.yaml"))["Resources"]["AuditorTask"]["Properties"]
    for container in (BATCH["Resources"]["Scan"]["Properties"]["ContainerProperties"],
                      one(states["ContainerDefinitions"])):
        assert {"Name": "KMS_AUDIT_ROLE_NAME", "Value": imported} in container["Environment"]
    default = ROLE_STACKSET["Parameters"]["RoleName"]["Default"]
    assert AUDITOR["Parameters"]["RoleName"]["Default"] == default
    environment = one(SCAN_JOB["spec"]["template"]["spec"]["containers"])["env"]
    assert {"name": "KMS_AUDIT_ROLE_NAME", "value": default} in environment


def test_the_number_of_completions_is_that_of_the_shards() -> None:
    arguments = one(SCAN_JOB["spec"]["template"]["spec"]["containers"])["args"]
    assert f"--shard=auto/{SCAN_JOB['spec']['completions']}" in arguments
    assert SCAN_JOB["spec"]["completionMode"] == "Indexed"


# ---- submitting ----------------------------------------------------------------------------------------------------


class Recorder(BaseHTTPRequestHandler):
    """Answers the two questions of submit.sh, and keeps what it submits."""

    submitted: list[dict] = []
    outputs = {"Queue": "queue", "ScanJob": "scan:1", "MergeJob": "merge:1", "PublishJob": "publish:1",
               "RunsBucket": "runs"}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/v1/submitjob":
            job = json.loads(body)
            self.submitted.append(job)
            said = {"jobName": job["jobName"], "jobId": f"id-{len(self.submitted)}"}
            return self.answer("application/json", json.dumps(said))
        asked = parse_qs(body)
        assert asked["Action"] == ["DescribeStacks"], asked
        wanted = {"kms-audit": ["RunsBucket"]}.get(asked["StackName"][0], [*self.outputs][:-1])
        outputs = "".join(f"<member><OutputKey>{name}</OutputKey><OutputValue>{self.outputs[name]}</OutputValue>"
                          "</member>" for name in wanted)
        self.answer("text/xml", "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x"
                                f"</StackName><Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult>"
                                "</DescribeStacksResponse>")

    def answer(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_) -> None:
        pass


def test_submit_asks_for_an_array_job_then_the_merge_then_the_copy() -> None:
    Recorder.submitted.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = {"PATH": path, "HOME": "/nonexistent", "AWS_DEFAULT_REGION": "eu-west-3",
                       "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
                       "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
        ran = subprocess.run(["sh", str(DEPLOY / "aws-batch" / "submit.sh"), "batch", "16"], env=environment,
                             capture_output=True, text=True, timeout=120)
        server.shutdown()
    assert ran.returncode == 0, ran
    scan, merge, publish = Recorder.submitted
    as_of = scan["parameters"]["asOf"]
    run = f"/runs/{as_of.replace(':', '')}"
    assert scan["arrayProperties"] == {"size": 16}
    assert (scan["parameters"]["run"], merge["parameters"]) == (run, {"run": run, "merged": f"{run}/merged"})
    assert (merge["dependsOn"], publish["dependsOn"]) == ([{"jobId": "id-1"}], [{"jobId": "id-2"}])
    assert publish["parameters"]["destination"].startswith("s3://runs/2")
    for job, name in ((scan, "Scan"), (merge, "Merge"), (publish, "Publish")):
        assert job["jobDefinition"] == f"{name.lower()}:1"
        # Each parameter that the command refers to is given, and no other.
        assert job["parameters"].keys() == BATCH["Resources"][name]["Properties"]["Parameters"].keys()
        words = BATCH["Resources"][name]["Properties"]["ContainerProperties"]["Command"]
        referred = {word.removeprefix("Ref::") for word in words if word.startswith("Ref::")}
        assert job["parameters"].keys() == referred


# What stands in for kubectl: it keeps what it is asked, and says what the cluster of the test says.
KUBECTL = """#!/bin/sh
printf '%s\\n' "$*" >> "$ASKED"
case "$*" in
  *"get jobs "*) printf %s "$ACTIVE" ;;
  *"get job kms-audit-scan "*) printf '%s\\n' "$SCAN" ;;
  *"get job kms-audit-merge "*) printf 'SuccessCriteriaMet\\nComplete\\n' ;;
  *"apply --filename -"*) cat > /dev/null ;;
esac
"""


@dataclass(frozen=True)
class Cluster:
    """What a run of deploy/kubernetes/run.sh asked a cluster for, but for the states of jobs."""

    ran: subprocess.CompletedProcess[str]
    asked: list[str]


def run_on_a_cluster(folder: Path, *arguments: str, active: str = "", scan: str = "Complete") -> Cluster:
    folder.mkdir(exist_ok=True)
    kubectl, asked = folder / "kubectl", folder / "asked"
    kubectl.write_text(KUBECTL, encoding="utf-8")
    kubectl.chmod(0o755)
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "ASKED": str(asked),
                   "ACTIVE": active, "SCAN": scan}
    ran = subprocess.run(["sh", str(DEPLOY / "kubernetes" / "run.sh"), *arguments], env=environment,
                         capture_output=True, text=True, timeout=60)
    prefix = "--namespace kms-audit "
    lines = asked.read_text(encoding="utf-8").splitlines()
    assert all(line.startswith(prefix) for line in lines), lines
    return Cluster(ran, [line.removeprefix(prefix) for line in lines if " get job" not in line])


def test_a_run_on_a_cluster_replaces_the_jobs_of_the_one_before_and_merges_when_all_shards_are_done(
        tmp_path: Path) -> None:
    done = run_on_a_cluster(tmp_path, AS_OF)
    run = f"/runs/{AS_OF.replace(':', '')}"
    assert done.ran.returncode == 0, done.ran
    merged = re.search(rf"{run}/merged-\d\d\d\d-\S+", done.ran.stdout).group()
    assert done.asked[0] == "delete job kms-audit-scan kms-audit-merge --ignore-not-found"
    config, = (line for line in done.asked if line.startswith("create configmap kms-audit-run "))
    assert {f"--from-literal={name}" for name in (f"KMS_AUDIT_AS_OF={AS_OF}", f"RUN={run}", f"MERGED={merged}")} < {
        *config.split()}
    applied = [Path(line.split()[-1]).name for line in done.asked if line.startswith("apply ")]
    assert applied == ["-", "indexed-job.yaml", "merge-job.yaml"]


def test_a_new_run_on_a_cluster_is_of_now_and_merged_beside_its_shards(tmp_path: Path) -> None:
    done = run_on_a_cluster(tmp_path)
    config, = (line for line in done.asked if line.startswith("create configmap kms-audit-run "))
    as_of = re.search(r"KMS_AUDIT_AS_OF=(\S+)", config).group(1)
    run = f"/runs/{as_of.replace(':', '')}"
    assert f"RUN={run} " in config and config.endswith(f"MERGED={run}/merged")


def test_a_run_on_a_cluster_ends_when_a_shard_has_failed_and_says_how_to_go_on(tmp_path: Path) -> None:
    failed = run_on_a_cluster(tmp_path, AS_OF, scan="FailureTarget\nFailed")
    assert failed.ran.returncode == 1, failed.ran
    assert "kms-audit-scan has failed" in failed.ran.stderr and f"run.sh {AS_OF}" in failed.ran.stderr
    assert not any("merge-job.yaml" in line for line in failed.asked)


def test_a_run_on_a_cluster_leaves_one_alone_that_is_under_way(tmp_path: Path) -> None:
    refused = run_on_a_cluster(tmp_path, active="kms-audit-scan")
    assert (refused.ran.returncode, refused.asked) == (1, []), refused
    assert "under way: kms-audit-scan" in refused.ran.stderr
