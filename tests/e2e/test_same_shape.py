"""The same client script sees the same shapes in the sandbox as in AWS servers that nobody here wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import client_script
import pytest
from client_script import Refused
from conftest import Program, SeededServer
from operations import OPERATIONS, Operation, Subject
from seed import BUCKETS, KEYS, REGIONS, USAGE, BucketKind, KeyKind
from served_sandbox import Clients, protocols, serve

REGION = "us-east-1"
AS_OF = "2026-06-15T06:00:00Z"
# Symmetric keys in use: what their policies, rotation and grants look like.
PLAIN = ("class-confidential", "rotation-audit", "untagged")
# A key of each state, spec and other kind that changes what is said of it.
KINDS = ("class-confidential", "rotation-audit", "policy-disabled", "rsa", "multi-region", "hmac", "untagged",
         "pending-deletion", "tenant-signing")


# ---- the same estate for all ---------------------------------------------------------------------------------------


def estate_toml() -> str:
    """What `seed` creates, of each kind of key one or two, as an estate file."""
    lines = [f"as_of = {AS_OF}", '[account]\nid = "111122223333"']
    for region in REGIONS:
        lines.append(f"[[region]]\nname = {json.dumps(region)}")
        lines += [_key(kind, region) for kind in KEYS if kind.count[region]]
        lines += [f"[[region.usage]]\nresource = {json.dumps(curve.resource)}\nconstant = {{ rps = 1 }}"
                  for curve in USAGE if curve.region == region]
    lines += [_bucket(kind, region) for region in REGIONS for kind in BUCKETS if kind.count[region]]
    return "\n".join(lines)


def _table(header: str, **values: object) -> str:
    """A TOML table; JSON's strings, numbers and lists are TOML's too."""
    given = (f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None)
    return "\n".join([header, *given])


def _key(kind: KeyKind, region: str) -> str:
    tags = ", ".join(f"{json.dumps(name)} = {json.dumps(value.replace('%d', '{n}'))}" for name, value in kind.tags)
    return _table(
        "[[region.key]]",
        count=1 if kind.multi_region else min(kind.count[region], 2),
        alias=[f"alias/e2e/{kind.name}-{{n}}-{alias}" for alias in range(kind.aliases)],
        description=kind.name,
        spec=kind.spec,
        usage="SIGN_VERIFY" if kind.spec == "RSA_2048" else None,
        state=kind.state,
        deletion_in_days=7 if kind.state == "PendingDeletion" else None,
        multi_region="primary" if kind.multi_region else None,
        multi_region_set=kind.name if kind.multi_region else None,
    ) + f"\ntags = {{ {tags} }}"


def _bucket(kind: BucketKind, region: str) -> str:
    encryption = {None: "SSE-S3", "AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}
    return _table(
        "[[bucket]]",
        name=f"e2e-{region}-{kind.name}-0",
        region=region,
        encryption=encryption[kind.algorithm],
        kms_key="alias/e2e/class-confidential-1-0" if kind.names_a_key else None,
        bucket_key=kind.bucket_key,
    )


def _subjects(key_ids: dict[str, str], end: datetime) -> dict[str, list[Subject]]:
    here = Subject("", REGION)
    buckets = [f"e2e-{REGION}-{kind.name}-0" for kind in BUCKETS if kind.count[REGION] and kind.algorithm]
    return {
        "account": [here],
        "region": [here],
        "key": [replace(here, label=kind, key_id=key_ids[kind]) for kind in KINDS],
        "plain key": [replace(here, label=kind, key_id=key_ids[kind]) for kind in PLAIN],
        "bucket": [replace(here, label=name, bucket=name) for name in buckets],
        "usage": [replace(here, resource="CryptographicOperationsSymmetric",
                          window=(end - timedelta(hours=2), end))],
    }


@pytest.fixture(scope="module")
def in_the_sandbox(program: Program, tmp_path_factory) -> Iterator[tuple[Clients, dict[str, list[Subject]]]]:
    path: Path = tmp_path_factory.mktemp("same-shape") / "seeded.toml"
    path.write_text(estate_toml(), encoding="utf-8")
    with serve(program, path) as aws:
        kms = aws.get("kms", REGION)
        described = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
                     for key in kms.list_keys(Limit=1_000)["Keys"]]
        ids = {metadata["Description"]: metadata["KeyId"] for metadata in described}
        yield aws, _subjects(ids, datetime.fromisoformat(AS_OF))


def _in_a_seeded_server(seeded: SeededServer) -> tuple[Clients, dict[str, list[Subject]]]:
    keys = [key for key in seeded.estate.keys if key.region == REGION]
    peak = next(at for curve, at in seeded.estate.peak_at.items()
                if (curve.region, curve.resource) == (REGION, "CryptographicOperationsSymmetric"))
    return Clients(seeded.endpoint, seeded.access_key), _subjects({key.kind.name: key.id for key in keys},
                                                                  peak + timedelta(hours=1))


# What the others have too, of what the sandbox answers beyond the inventory of an account.
MORE = tuple(Operation("kms", name, "plain key", lambda subject, more=more: {"KeyId": subject.key_id} | more)
             for name, more in (("GetKeyPolicy", {"PolicyName": "default"}), ("ListKeyPolicies", {}),
                                ("GetKeyRotationStatus", {}), ("ListGrants", {})))


# ---- where the others differ, and why they are wrong ---------------------------------------------------------------

_NO_LIMIT = "takes no notice of the page size, and gives all that there is"
_NO_MESSAGES = "leaves out the list of messages where there are none; CloudWatch sends an empty one"
_DISPLAY_NAME = "S3 names the owner no more, since November 2025"
_ALL_ALGORITHMS = "lists algorithms of other usages too; KMS has one list, that of the key's own usage"
_NOT_SAID = "leaves out the name of what it answers for, which the API model has"
_NO_SERVICE_QUOTAS = "has no quotas of KMS"

# The server, the operation, and the path of the member, or "" where there is no answer at all.
DIVERGENCES: dict[str, dict[str, dict[str, str]]] = {
    "moto": {
        "kms:ListKeys": {"NextMarker": _NO_LIMIT},
        "kms:ListAliases": {
            "NextMarker": _NO_LIMIT,
            "Aliases[].CreationDate": "keeps no dates of aliases",
            "Aliases[].LastUpdatedDate": "keeps no dates of aliases",
        },
        "kms:DescribeKey": {
            "KeyMetadata.CurrentKeyMaterialId": "knows no key material; it came with on-demand rotation in 2025",
            "KeyMetadata.EncryptionAlgorithms": _ALL_ALGORITHMS,
            "KeyMetadata.EncryptionAlgorithms[]": _ALL_ALGORITHMS,
            "KeyMetadata.SigningAlgorithms": _ALL_ALGORITHMS,
            "KeyMetadata.MacAlgorithms": "takes HMAC algorithms for encryption algorithms",
            "KeyMetadata.MacAlgorithms[]": "takes HMAC algorithms for encryption algorithms",
        },
        "kms:ListResourceTags": {"NextMarker": _NO_LIMIT},
        "kms:GetKeyPolicy": {"PolicyName": _NOT_SAID},
        "kms:GetKeyRotationStatus": {"KeyId": _NOT_SAID},
        "service-quotas:ListServiceQuotas": {"": "has no such operation"},
        "service-quotas:ListAWSDefaultServiceQuotas": {"": _NO_SERVICE_QUOTAS},
        "cloudwatch:ListMetrics": {"NextToken": "has a token on the last page too"},
        "cloudwatch:GetMetricData": {"Messages": _NO_MESSAGES, "NextToken": _NO_LIMIT},
        "s3:ListBuckets": {
            "Buckets[].BucketRegion": "does not say where a bucket is",
            "ContinuationToken": _NO_LIMIT,
            "Owner.DisplayName": _DISPLAY_NAME,
        },
        "account:ListRegions": {"": "has no such operation"},
    },
    "ministack": {
        "kms:ListKeys": {"NextMarker": "says Truncated, but not where to go on"},
        "kms:ListAliases": {"NextMarker": _NO_LIMIT},
        "kms:DescribeKey": {
            "KeyMetadata.AWSAccountId": "does not say whose the key is",
            "KeyMetadata.EncryptionAlgorithms": _ALL_ALGORITHMS,
            "KeyMetadata.SigningAlgorithms": _ALL_ALGORITHMS,
        },
        "kms:ListResourceTags": {"NextMarker": _NO_LIMIT},
        "kms:GetKeyRotationStatus": {
            "KeyId": _NOT_SAID,
            "RotationPeriodInDays": "has a period where nothing rotates",
        },
        "service-quotas:ListServiceQuotas": {"": _NO_SERVICE_QUOTAS},
        "service-quotas:ListAWSDefaultServiceQuotas": {"": _NO_SERVICE_QUOTAS},
        "cloudwatch:GetMetricData": {"Messages": _NO_MESSAGES, "NextToken": _NO_LIMIT},
        "s3:ListBuckets": {
            "Buckets[].BucketArn": "S3 has it for directory buckets, which are in no such list",
            "Owner.DisplayName": _DISPLAY_NAME,
        },
        "s3:GetBucketEncryption": {
            "ServerSideEncryptionConfiguration.Rules[].BucketKeyEnabled":
                "leaves out a Bucket Key that was never mentioned; S3 says false",
        },
        "account:ListRegions": {"NextToken": _NO_LIMIT},
    },
}


@pytest.mark.parametrize("operation", (*OPERATIONS, *MORE), ids=lambda operation: operation.id)
@pytest.mark.parametrize("server", ["moto", "ministack"])
def test_the_shapes_are_the_same_but_for_what_is_known(server: str, operation: Operation, in_the_sandbox,
                                                       request: pytest.FixtureRequest) -> None:
    aws, subjects = in_the_sandbox
    ours = client_script.run(aws, operation, subjects[operation.about], protocols(operation.service)[0])
    assert not [label for label, noted in ours.items() if isinstance(noted, Refused)]
    aws, subjects = _in_a_seeded_server(request.getfixturevalue(f"seeded_{server}"))
    theirs = client_script.run(aws, operation, subjects[operation.about])
    found = {path: where for label in ours for path, where in _differences(ours[label], theirs[label], label)}
    known = DIVERGENCES[server].get(operation.id, {})
    assert not {path: where for path, where in found.items() if path not in known}
    assert not set(known) - set(found), "these have gone: take them off the list"


def _differences(ours: dict[str, str], theirs: dict[str, str] | Refused, label: str) -> Iterator[tuple[str, str]]:
    if isinstance(theirs, Refused):
        yield "", f"{label}: {theirs.code}"
        return
    for path in sorted(ours.keys() | theirs.keys()):
        if ours.get(path) != theirs.get(path):
            yield path, f"{label}: here {ours.get(path)}, there {theirs.get(path)}"
