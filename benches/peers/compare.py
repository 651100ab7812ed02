"""kms-audit beside Prowler and Cloud Custodian: the same keys and buckets on the same server, in one run on one machine.

Each looks at what it can of the keys and buckets of one Region. Wall time, CPU time and peak memory are the operating
system's figures for the process; calls are counted in the process, from what kms-audit says of itself and by a hook in
botocore for the others. Of several runs each the one with the least CPU time counts.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import boto3

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "e2e"))
from conftest import _ministack, start_server  # noqa: E402

KEYS, BUCKETS, RUNS = 300, 50, 3
REGION, ACCOUNT = "us-east-1", "111122223333"


@dataclass(frozen=True)
class Measured:
    wall: float
    cpu: float
    peak_bytes: int
    calls: int


def environment(endpoint: str, folder: Path, calls: Path) -> dict[str, str]:
    """Nothing of the user's, and everything at the server on this machine."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(HERE / "counting"), "COUNT_CALLS_IN": str(calls),
    }


def seed(endpoint: str) -> None:
    """Keys of which a third has a reason, half an alias; buckets of which half are encrypted with one of them."""
    def client(service: str):
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id=ACCOUNT,
                            aws_secret_access_key="test")

    kms, s3 = client("kms"), client("s3")

    def key(number: int) -> str:
        reason = {"TagKey": "requirement", "TagValue": "policy"} if number % 3 == 0 else {"TagKey": "tenant", "TagValue": "t"}
        made = kms.create_key(Description=f"key {number}", Tags=[reason])["KeyMetadata"]["KeyId"]
        if number % 2 == 0:
            kms.create_alias(AliasName=f"alias/key-{number}", TargetKeyId=made)
        return made

    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(key, range(KEYS)))
    for number in range(BUCKETS):
        s3.create_bucket(Bucket=f"bucket-{number:03}")
        if number % 2 == 0:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keys[number]}
            s3.put_bucket_encryption(Bucket=f"bucket-{number:03}", ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": default}]})


def measure(command: list[str], endpoint: str, out: Path, accepted: tuple[int, ...], seen) -> Measured:
    """Runs a program in a folder of its own, and holds that it saw every key and bucket."""
    shutil.rmtree(out, ignore_errors=True)
    calls = out / "calls"
    calls.mkdir(parents=True)
    with (out / "log").open("wb") as log:
        subprocess.run([sys.executable, "-I", "-S", str(HERE / "measured.py"), "used.json", *command], cwd=out, check=True,
                       env=environment(endpoint, out, calls), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    used = json.loads((out / "used.json").read_text())
    code = used.pop("code")
    said = (out / "log").read_text(errors="replace")
    if code not in accepted:
        raise SystemExit(f"{command[0]} ended with {code}:\n{said[-3000:]}")
    counted = sum(sum(json.loads(file.read_text()).values()) for file in calls.glob("*.json"))
    saw = seen(out)
    if saw != (KEYS, BUCKETS):
        raise SystemExit(f"{command[0]} saw {saw} keys and buckets, not {(KEYS, BUCKETS)}:\n{said[-3000:]}")
    return Measured(**used, calls=counted)


def kms_audit_calls(out: Path) -> int:
    report = json.loads((out / "run" / "report.json").read_text())
    return sum(row["calls"] for row in report["api_calls"])


def seen_by_kms_audit(out: Path) -> tuple[int, int]:
    summary = json.loads((out / "run" / "report.json").read_text())["summary"]
    return summary["customer_managed_keys"], summary["buckets"]


def seen_by_custodian(out: Path) -> tuple[int, int]:
    """Only what its filters leave is in its output: a third of the keys has a requirement, half of the buckets KMS."""
    def left(policy: str) -> int:
        return len(json.loads((out / "report" / policy / "resources.json").read_text()))
    return left("keys-without-a-requirement") * 3 // 2, left("buckets-encrypted-with-kms") * 2


def seen_by_prowler(out: Path) -> tuple[int, int]:
    findings = [row for file in (out / "report").glob("*.ocsf.json") for row in json.loads(file.read_text())]
    def of(check: str) -> int:
        return len({resource["uid"] for row in findings if row["metadata"]["event_code"] == check
                    for resource in row["resources"]})
    return of("kms_cmk_are_used"), of("s3_bucket_kms_encryption")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kms-audit", required=True)
    parser.add_argument("--prowler", required=True)
    parser.add_argument("--custodian", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = start_server("ministack", _ministack, folder)
        try:
            seed(server.endpoint)
            compare(arguments, server.endpoint, folder)
        finally:
            server.stop()


def compare(arguments: argparse.Namespace, endpoint: str, folder: Path) -> None:
    programs = {
        # All it does, but for the last uses of keys, of which AWS allows five a second.
        "kms-audit": ([arguments.kms_audit, "scan", "--region", REGION, "--api-share", "off", "--last-usage-budget", "0s",
                       "--out", "run"], (0,), seen_by_kms_audit),
        "Prowler, kms and s3": ([arguments.prowler, "aws", "--service", "kms", "s3", "--region", REGION, "--no-banner",
                                 "--output-formats", "json-ocsf", "--output-directory", "report", "--output-filename",
                                 "prowler"], (0, 3), seen_by_prowler),
        "Cloud Custodian, 3 policies": ([arguments.custodian, "run", "--region", REGION, "--output-dir", "report",
                                         "--cache-period", "0", str(HERE / "custodian.yml")], (0,), seen_by_custodian),
    }
    best: dict[str, Measured] = {}
    for _ in range(RUNS):
        # In turns, so that what else the machine does disturbs all alike.
        for name, (command, accepted, seen) in programs.items():
            out = folder / "out"
            run = measure(command, endpoint, out, accepted, seen)
            if name == "kms-audit":
                run = Measured(run.wall, run.cpu, run.peak_bytes, kms_audit_calls(out))
            if name not in best or run.cpu < best[name].cpu:
                best[name] = run
    own = best["kms-audit"]
    print(f"\n{KEYS} keys and {BUCKETS} buckets in one Region of ministack; of {RUNS} runs each the one with the least CPU\n")
    print(f"{'':28} {'wall s':>8} {'x':>6} {'CPU s':>8} {'x':>6} {'peak MB':>8} {'x':>6} {'calls':>7}")
    for name, run in best.items():
        print(f"{name:28} {run.wall:8.2f} {run.wall / own.wall:6.1f} {run.cpu:8.2f} {run.cpu / own.cpu:6.1f} "
              f"{run.peak_bytes / 1e6:8.1f} {run.peak_bytes / own.peak_bytes:6.1f} {run.calls:7}")
    others = [run for name, run in best.items() if name != "kms-audit"]
    if any(run.cpu < own.cpu or run.peak_bytes < own.peak_bytes for run in others):
        raise SystemExit("a peer needs less CPU time or memory: find out why")


if __name__ == "__main__":
    main()
