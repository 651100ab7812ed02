"""One estate, written with boto3 into whichever AWS server listens at an endpoint.

The estate is a table of keys and buckets (`KEYS`, `BUCKETS`) and a few usage curves. `seed` creates it and returns a
plain `Estate`: what was created, so that a test derives the numbers it expects instead of repeating them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import boto3
from botocore.config import Config

REGIONS = ("us-east-1", "eu-west-1")

# What is hostile about each is what prints it: a browser, a terminal, a spreadsheet, a Markdown table.
HOSTILE_TEXTS = (
    "<script>alert(1);",
    "\x1b[31mred\x1b[0m",
    "\u202elive\u202c",
    "=HYPERLINK(\"http://example.invalid\";\"open\")",
    "a | b | c",
    "`x` ![i](http://example.invalid/i.png)",
)


@dataclass(frozen=True)
class KeyKind:
    """So many keys per Region that are alike."""

    name: str
    count: dict[str, int]
    verdict: str  # justified, unjustified, unrecognized, or pending (inventory, never a finding)
    tags: tuple[tuple[str, str], ...] = ()
    reason: str | None = None  # what the report calls the justification
    state: str = "Enabled"
    spec: str = "SYMMETRIC_DEFAULT"
    multi_region: bool = False
    aliases: int = 1


def _kind(name: str, us: int, eu: int, verdict: str, **rest) -> KeyKind:
    return KeyKind(name, {"us-east-1": us, "eu-west-1": eu}, verdict, **rest)


_SPECIAL_KEYS = (
    _kind("policy", 20, 5, "justified", reason="policy", tags=(("requirement", "policy"),)),
    _kind("rotation-audit", 15, 4, "justified", reason="audit+rotation",
          tags=(("justification", "rotation+audit"), ("tenant", "acme"))),
    _kind("byok-grant", 5, 2, "justified", reason="byok+grant", tags=(("kms-requirement", "BYOK, Grant"),)),
    _kind("contract", 2, 1, "justified", reason="contract+policy", tags=(("requirement", "Contract/policy"),)),
    _kind("class-confidential", 1, 1, "justified", reason="class:confidential",
          tags=(("DataClass", "confidential"),), aliases=2),
    _kind("class-restricted", 1, 0, "justified", reason="class:restricted", tags=(("data-class", "restricted"),)),
    _kind("policy-disabled", 4, 1, "justified", reason="policy", tags=(("requirement", "policy"),), state="Disabled"),
    _kind("rsa", 2, 1, "justified", reason="policy", tags=(("requirement", "policy"),), spec="RSA_2048"),
    _kind("multi-region", 1, 0, "justified", reason="audit", tags=(("requirement", "audit"),), multi_region=True),
    _kind("hmac", 3, 1, "unjustified", tags=(("tenant-id", "7"),), spec="HMAC_256"),
    _kind("near-miss-case", 6, 2, "unjustified", tags=(("Requirement", "policy"),)),
    _kind("near-miss-letter", 2, 1, "unjustified", tags=(("requirment", "policy"),)),
    _kind("near-miss-separator", 2, 0, "unjustified", tags=(("data_class", "secret"),)),
    _kind("misspelt-value", 8, 3, "unrecognized", tags=(("requirement", "polcy"),)),
    _kind("empty-value", 3, 1, "unrecognized", tags=(("requirement", ""),)),
    _kind("untagged", 30, 6, "unjustified", aliases=0),
    _kind("disabled-tenant", 11, 2, "unjustified", tags=(("customer", "acme"),), state="Disabled"),
    _kind("pending-deletion", 7, 2, "pending", state="PendingDeletion", aliases=0),
    *(_kind(f"hostile-value-{n}", 1, 1, "unrecognized", tags=(("requirement", text),))
      for n, text in enumerate(HOSTILE_TEXTS)),
    *(_kind(f"hostile-name-{n}", 1, 1, "unjustified", tags=(("Name", text),), aliases=0)
      for n, text in enumerate(HOSTILE_TEXTS)),
)

# More keys than one page of ListKeys holds (1,000) in the first Region, fewer in the second.
KEYS_IN_REGION = {"us-east-1": 1_100, "eu-west-1": 110}
_ALIASED_TENANTS = {"us-east-1": 100, "eu-west-1": 20}


def _tenant_keys() -> tuple[KeyKind, KeyKind]:
    special = {region: sum(kind.count[region] for kind in _SPECIAL_KEYS) for region in REGIONS}
    plain = {region: KEYS_IN_REGION[region] - special[region] - _ALIASED_TENANTS[region] for region in REGIONS}
    return (
        KeyKind("tenant-aliased", _ALIASED_TENANTS, "unjustified", tags=(("tenant", "t-%d"),)),
        # A signing key per tenant. Elliptic, since moto takes 50 ms to make a key of any other spec.
        KeyKind("tenant-signing", plain, "unjustified", tags=(("tenant", "t-%d"), ("TenantId", "%d")),
                spec="ECC_NIST_P256", aliases=0),
    )


# Created in this order, so that a server that lists only some of the keys lists the special ones.
KEYS = (*_SPECIAL_KEYS, *_tenant_keys())


@dataclass(frozen=True)
class BucketKind:
    """So many buckets per Region with the same default encryption."""

    name: str
    count: dict[str, int]
    flagged: bool
    algorithm: str | None = None  # None: never given an encryption
    names_a_key: bool = False
    bucket_key: bool | None = None


def _bucket(name: str, us: int, eu: int, flagged: bool, **rest) -> BucketKind:
    return BucketKind(name, {"us-east-1": us, "eu-west-1": eu}, flagged, **rest)


BUCKETS = (
    _bucket("untouched", 3, 3, False),
    _bucket("sse-s3", 2, 1, False, algorithm="AES256"),
    _bucket("sse-s3-with-bucket-key", 1, 1, False, algorithm="AES256", bucket_key=True),
    _bucket("sse-kms", 2, 2, True, algorithm="aws:kms", names_a_key=True),
    _bucket("sse-kms-off", 1, 1, True, algorithm="aws:kms", names_a_key=True, bucket_key=False),
    _bucket("sse-kms-on", 2, 3, False, algorithm="aws:kms", names_a_key=True, bucket_key=True),
    _bucket("sse-kms-no-key", 2, 2, True, algorithm="aws:kms"),
    _bucket("sse-kms-no-key-on", 1, 0, False, algorithm="aws:kms", bucket_key=True),
    _bucket("dsse-kms", 1, 2, False, algorithm="aws:kms:dsse", names_a_key=True),
)


@dataclass(frozen=True)
class UsageCurve:
    """AWS/Usage CallCount of one quota: a quiet base, one peak minute and a decoy minute.

    The peak minute has several samples: its Sum is the highest of all. The decoy minute has a single sample, higher
    than each of those: a reader that takes Maximum or Average picks the decoy.
    """

    region: str
    resource: str
    quota_code: str
    builtin_limit: int
    peak_samples: tuple[int, ...]
    decoy_sample: int
    peak_hours_ago: int

    @property
    def peak_rps(self) -> float:
        return sum(self.peak_samples) / 60

    @property
    def utilization(self) -> float:
        return self.peak_rps / self.builtin_limit


USAGE = (
    UsageCurve("us-east-1", "CryptographicOperationsSymmetric", "L-6E3AF000", 100_000,
               (1_000_000, 1_000_000, 1_000_000, 1_000_000, 500_000), 2_000_000, 26),  # 75,000 a second: 75 %
    UsageCurve("us-east-1", "CryptographicOperationsRsa", "L-2AC98190", 1_000,
               (19_000, 19_000, 19_000), 30_000, 20),  # 950 a second: 95 %
    UsageCurve("eu-west-1", "CryptographicOperationsSymmetric", "L-6E3AF000", 100_000,
               (90_000,) * 6, 300_000, 30),  # 9,000 a second: 9 %
    UsageCurve("eu-west-1", "DescribeKey", "L-FAE8F084", 2_000,
               (63_000, 63_000), 70_000, 12),  # 2,100 a second: 105 %
)
_USAGE_DAYS = 2
_USAGE_STEP = timedelta(minutes=10)


@dataclass(frozen=True)
class SeededKey:
    kind: KeyKind
    region: str
    id: str
    arn: str


@dataclass(frozen=True)
class SeededBucket:
    kind: BucketKind
    region: str
    name: str


@dataclass(frozen=True)
class KeyCounts:
    """What a scan must say about a set of keys."""

    customer_managed: int
    by_state: dict[str, int]
    by_spec: dict[str, int]
    justified: int
    unjustified: int
    unrecognized: int
    pending_deletion: int

    def verdicts(self) -> dict[str, int]:
        """The same by the names of the report."""
        names = ("customer_managed", "justified", "unjustified", "unrecognized", "pending_deletion")
        return {name: getattr(self, name) for name in names}


@dataclass
class Estate:
    account_id: str
    keys: list[SeededKey] = field(default_factory=list)
    buckets: list[SeededBucket] = field(default_factory=list)
    peak_at: dict[UsageCurve, datetime] = field(default_factory=dict)

    def key_counts(self, region: str, listed: Iterable[str] | None = None) -> KeyCounts:
        """Counts of one Region; of the `listed` key ids only, when a server does not list them all."""
        ids = None if listed is None else set(listed)
        keys = [key for key in self.keys if key.region == region and (ids is None or key.id in ids)]
        verdicts = Counter(key.kind.verdict for key in keys)
        return KeyCounts(
            customer_managed=len(keys),
            by_state=dict(Counter(key.kind.state for key in keys)),
            by_spec=dict(Counter(key.kind.spec for key in keys)),
            justified=verdicts["justified"],
            unjustified=verdicts["unjustified"],
            unrecognized=verdicts["unrecognized"],
            pending_deletion=verdicts["pending"],
        )

    def justifications(self, region: str, listed: Iterable[str]) -> dict[str, int]:
        ids = set(listed)
        return dict(Counter(key.kind.reason for key in self.keys
                            if key.region == region and key.id in ids and key.kind.reason))

    def arns(self, verdict: str, listed: Iterable[str] | None = None) -> set[str]:
        ids = None if listed is None else set(listed)
        return {key.arn for key in self.keys if key.kind.verdict == verdict and (ids is None or key.id in ids)}

    def flagged_buckets(self) -> set[str]:
        return {bucket.name for bucket in self.buckets if bucket.kind.flagged}


class Clients:
    """boto3 clients for one server and account, made once per service and Region."""

    def __init__(self, endpoint: str, access_key: str, threads: int) -> None:
        self._endpoint = endpoint
        self._session = boto3.Session(aws_access_key_id=access_key, aws_secret_access_key="not-a-secret")
        self._config = Config(
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=threads,
            retries={"mode": "standard", "total_max_attempts": 3},
            s3={"addressing_style": "path"},
            proxies={},
        )
        self._made: dict[tuple[str, str], object] = {}

    def get(self, service: str, region: str):
        if (service, region) not in self._made:
            self._made[service, region] = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint, config=self._config)
        return self._made[service, region]


def seed(endpoint: str, access_key: str, threads: int = 8) -> Estate:
    """Creates the whole estate in both Regions of the account that `access_key` belongs to."""
    clients = Clients(endpoint, access_key, threads)
    estate = Estate(clients.get("sts", REGIONS[0]).get_caller_identity()["Account"])
    with ThreadPoolExecutor(threads) as pool:
        for region in REGIONS:
            estate.keys += _create_keys(clients.get("kms", region), region, pool)
            estate.buckets += _create_buckets(clients.get("s3", region), region, estate, pool)
    for curve in USAGE:
        estate.peak_at[curve] = _put_usage(clients.get("cloudwatch", curve.region), curve)
    return estate


def list_key_ids(endpoint: str, access_key: str, region: str) -> list[str]:
    """The key ids in the first page of ListKeys, of at most 1,000: what a server is willing to list."""
    answer = Clients(endpoint, access_key, 1).get("kms", region).list_keys(Limit=1_000)
    return [key["KeyId"] for key in answer["Keys"]]


def _create_keys(kms, region: str, pool: ThreadPoolExecutor) -> list[SeededKey]:
    created: list[SeededKey] = []
    for group in (_SPECIAL_KEYS, KEYS[len(_SPECIAL_KEYS):]):
        wanted = [(kind, n) for kind in group for n in range(kind.count[region])]
        # A group is complete before the next begins.
        created += pool.map(lambda one: _create_key(kms, region, *one), wanted)
    return created


_USAGE_OF_SPEC = {"RSA_2048": "SIGN_VERIFY", "ECC_NIST_P256": "SIGN_VERIFY", "HMAC_256": "GENERATE_VERIFY_MAC"}


def _create_key(kms, region: str, kind: KeyKind, n: int) -> SeededKey:
    usage = _USAGE_OF_SPEC.get(kind.spec, "ENCRYPT_DECRYPT")
    metadata = kms.create_key(
        Description=f"{kind.name} {n}",
        KeySpec=kind.spec,
        KeyUsage=usage,
        MultiRegion=kind.multi_region,
        Tags=[{"TagKey": key, "TagValue": value.replace("%d", str(n))} for key, value in kind.tags],
    )["KeyMetadata"]
    key = SeededKey(kind, region, metadata["KeyId"], metadata["Arn"])
    for alias in range(kind.aliases):
        kms.create_alias(AliasName=f"alias/e2e/{kind.name}-{n}-{alias}", TargetKeyId=key.id)
    if kind.state == "Disabled":
        kms.disable_key(KeyId=key.id)
    if kind.state == "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    return key


def _create_buckets(s3, region: str, estate: Estate, pool: ThreadPoolExecutor) -> list[SeededBucket]:
    key = next(key for key in estate.keys if key.region == region and key.kind.name == "class-confidential")
    wanted = [(kind, n) for kind in BUCKETS for n in range(kind.count[region])]
    return list(pool.map(lambda one: _create_bucket(s3, region, key.arn, *one), wanted))


def _create_bucket(s3, region: str, key_arn: str, kind: BucketKind, n: int) -> SeededBucket:
    name = f"e2e-{region}-{kind.name}-{n}"
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    if kind.algorithm:
        default = {"SSEAlgorithm": kind.algorithm}
        if kind.names_a_key:
            default["KMSMasterKeyID"] = key_arn
        rule = {"ApplyServerSideEncryptionByDefault": default}
        if kind.bucket_key is not None:
            rule["BucketKeyEnabled"] = kind.bucket_key
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    return SeededBucket(kind, region, name)


def _put_usage(cloudwatch, curve: UsageCurve) -> datetime:
    """Publishes the curve and returns the start of its peak minute."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    peak_at = now - timedelta(hours=curve.peak_hours_ago)
    decoy_at = peak_at - timedelta(hours=1)
    start = now - timedelta(days=_USAGE_DAYS)
    quiet = (start + step * _USAGE_STEP for step in range(int(timedelta(days=_USAGE_DAYS) / _USAGE_STEP)))
    samples = [(at, 60) for at in quiet if at not in (peak_at, decoy_at)]
    samples += [(peak_at + timedelta(seconds=9 * n), value) for n, value in enumerate(curve.peak_samples)]
    samples.append((decoy_at, curve.decoy_sample))

    dimensions = [{"Name": name, "Value": value} for name, value in (
        ("Service", "KMS"), ("Type", "API"), ("Resource", curve.resource), ("Class", "None"))]
    data = [{"MetricName": "CallCount", "Dimensions": dimensions, "Timestamp": at, "Value": value, "Unit": "None"}
            for at, value in samples]
    for first in range(0, len(data), 500):
        cloudwatch.put_metric_data(Namespace="AWS/Usage", MetricData=data[first:first + 500])
    return peak_at
