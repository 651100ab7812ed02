"""An estate file, read without the program: what it says, worked out anew from the TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

# https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
SYMMETRIC_REQUEST_QUOTA = {"us-east-1": 100_000, "eu-west-1": 100_000, "us-west-2": 100_000, "eu-central-1": 20_000,
                           "eu-west-2": 20_000, "us-east-2": 20_000, "eu-west-3": 10_000, "eu-north-1": 10_000}

_USAGE_OF_SPEC = {"RSA": "ENCRYPT_DECRYPT", "ECC": "SIGN_VERIFY", "HMAC": "GENERATE_VERIFY_MAC", "ML": "SIGN_VERIFY"}


def numbered(text: str, n: int) -> str:
    """`{n}` and `{n:04}` are the number of a key or bucket of a template."""
    return re.sub(r"\{n(?::0(\d+))?\}", lambda found: str(n).zfill(int(found[1] or 0)), text)


@dataclass(frozen=True)
class KeyInFile:
    region: str
    template: dict
    n: int
    as_of: datetime

    def _get(self, name: str, default=None):
        return self.template.get(name, default)

    @property
    def aliases(self) -> list[str]:
        alias = self._get("alias", [])
        return [numbered(one, self.n) for one in ([alias] if isinstance(alias, str) else alias)]

    @property
    def tags(self) -> dict[str, str]:
        return {numbered(name, self.n): numbered(value, self.n) for name, value in self._get("tags", {}).items()}

    @property
    def created(self) -> datetime:
        """The keys of a template are created one after the other, in steps of whole milliseconds."""
        first = self._get("created", self.as_of)
        last = self._get("created_until", first)
        steps = self._get("count", 1) - 1
        step = (last - first) // timedelta(milliseconds=1) // steps if steps else 0
        return first + timedelta(milliseconds=step) * (self.n - 1)

    def metadata(self) -> dict:
        """What DescribeKey says of it, as far as the file decides; None for a member that must not be there."""
        state, origin = self._get("state", "Enabled"), self._get("origin", "AWS_KMS")
        spec = self._get("spec", "SYMMETRIC_DEFAULT")
        multi_region = self._get("multi_region")
        expires = origin == "EXTERNAL" and self._get("valid_to")
        deletion = timedelta(days=self._get("deletion_in_days", 30))
        return {
            "Description": numbered(self._get("description", ""), self.n),
            "Enabled": state == "Enabled",
            "KeyState": state,
            "KeySpec": spec,
            "CustomerMasterKeySpec": spec,
            "KeyUsage": self._get("usage") or _USAGE_OF_SPEC.get(spec.split("_")[0], "ENCRYPT_DECRYPT"),
            "Origin": origin,
            "KeyManager": "AWS" if self._get("aws_managed") else "CUSTOMER",
            "MultiRegion": multi_region is not None,
            "MultiRegionConfiguration.MultiRegionKeyType": multi_region and multi_region.upper(),
            "ValidTo": self._get("valid_to") if expires else None,
            "DeletionDate": self.as_of + deletion if state == "PendingDeletion" else None,
            "CreationDate": self.created,
        }


@dataclass(frozen=True)
class BucketInFile:
    template: dict
    n: int
    created: datetime

    @property
    def name(self) -> str:
        return numbered(self.template["name"], self.n)

    @property
    def region(self) -> str:
        return self.template["region"]

    @property
    def algorithm(self) -> str | None:
        """None for a bucket without a default encryption."""
        return {"SSE-S3": "AES256", "SSE-KMS": "aws:kms", "DSSE-KMS": "aws:kms:dsse"}.get(self.template["encryption"])


class EstateFile:
    """What an estate file says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.toml = tomllib.loads(path.read_text(encoding="utf-8"))
        self.as_of: datetime = self.toml["as_of"]
        self.account: dict = self.toml["account"]
        self.regions: dict[str, dict] = {region["name"]: region for region in self.toml["region"]}

    @property
    def enabled(self) -> list[str]:
        return [name for name, region in self.regions.items() if region.get("enabled", True)]

    @property
    def home(self) -> str:
        return self.enabled[0]

    def keys(self, region: str) -> Iterator[KeyInFile]:
        for template in self.regions[region].get("key", []):
            for n in range(1, template.get("count", 1) + 1):
                yield KeyInFile(region, template, n, self.as_of)

    def first_and_last_keys(self, region: str) -> Iterator[KeyInFile]:
        """Of each template."""
        return (key for key in self.keys(region) if key.n in (1, key.template.get("count", 1)))

    def reserved_aliases(self, region: str) -> list[str]:
        return self.regions[region].get("reserved_aliases", [])

    def buckets(self) -> Iterator[BucketInFile]:
        for template in self.toml.get("bucket", []):
            for n in range(1, template.get("count", 1) + 1):
                yield BucketInFile(template, n, template.get("created", self.as_of))

    def usage(self, region: str) -> list[dict]:
        return self.regions[region].get("usage", [])

    def applied_quotas(self, region: str) -> dict[str, float | None]:
        """The symmetric request quota and every quota the file sets; None where there is no applied value."""
        applied = {"L-6E3AF000": SYMMETRIC_REQUEST_QUOTA[region]}
        for quota in self.regions[region].get("quota", []):
            value = quota.get("applied", quota.get("default", applied.get(quota["code"])))
            applied[quota["code"]] = None if value == "absent" else value
        return applied

    def default_quotas(self, region: str) -> dict[str, float]:
        defaults = {"L-6E3AF000": SYMMETRIC_REQUEST_QUOTA[region]}
        return defaults | {quota["code"]: quota["default"] for quota in self.regions[region].get("quota", [])
                           if "default" in quota}

    def weekend_window(self) -> tuple[datetime, datetime]:
        """Two hours of the last Sunday night: no office is open, and a batch may run."""
        sunday = self.as_of - timedelta(days=self.as_of.isoweekday() % 7)
        start = sunday.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return start, start + timedelta(hours=2)


def requests_by_minute(usage: dict, start: datetime, end: datetime) -> dict[datetime, float]:
    """The requests of each minute that has any, from the parts of a usage curve that do not follow office hours."""
    minutes = [start + timedelta(minutes=n) for n in range(int((end - start) / timedelta(minutes=1)))]
    requests = dict.fromkeys(minutes, usage.get("constant", {}).get("rps", 0) * 60)
    for batch in usage.get("batch", []):
        for n in range(batch["minutes"]):
            at = batch["start"] + timedelta(minutes=n)
            if at in requests:
                requests[at] += batch["rps"] * 60
    for gap in usage.get("gaps", []):
        for n in range(gap["minutes"]):
            requests.pop(gap["start"] + timedelta(minutes=n), None)
    return {at: value for at, value in requests.items() if value}
