"""What the sandbox answers beyond the inventory of an account: policies, grants, rotations, last usage, custom key
stores, alarms, trails, roles and organizations. For each operation, what to ask one of the shipped estates, and what
its file says of the answer.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from conftest import REPOSITORY

REGULATED, INCIDENT, ORGANIZATION = "regulated", "re-encryption-incident", "organization"
ROLE = "arn:aws:iam::333300000007:role/KmsAuditReadOnly"


@cache
def in_file(estate: str) -> dict:
    return tomllib.loads((REPOSITORY / "fixtures" / "estates" / f"{estate}.toml").read_text(encoding="utf-8"))


def region_of(estate: str) -> str:
    name = in_file(estate)["region"][0]["name"]
    return name if isinstance(name, str) else name[0]


def key_in_file(estate: str, alias: str) -> dict:
    return next(key for key in in_file(estate)["region"][0]["key"] if key.get("alias") == alias)


def moment(value: datetime | str) -> datetime:
    """boto3 has moments where the AWS CLI has text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


@dataclass(frozen=True)
class Question:
    """One call. Of a key it names the alias, and asks by the id that ListAliases has for it."""

    estate: str
    service: str
    operation: str
    arguments: dict
    read: Callable[[dict], object]
    said: object
    key: str | None = None

    @property
    def id(self) -> str:
        return f"{self.service}:{self.operation}"

    def __str__(self) -> str:
        return f"{self.id} {self.key or self.estate}"


def _filled(text: str) -> str:
    """With what stands in a text for the place of the key."""
    places = {"partition": "aws", "account": in_file(REGULATED)["account"]["id"], "region": region_of(REGULATED)}
    for name, place in places.items():
        text = text.replace(f"{{{name}}}", place)
    return text


def _policy(alias: str, field: str) -> dict:
    return json.loads(_filled(key_in_file(REGULATED, alias)[field]))


def _grants_in_file(alias: str) -> list[tuple]:
    """Every grant of a key: its name, who has it, for what, and under which encryption context."""
    return sorted((grant["name"].replace("{grant}", str(n)), _filled(grant["grantee"]), tuple(grant["operations"]),
                   _pairs(grant.get("encryption_context_subset", {})), _pairs(grant.get("encryption_context_equals", {})))
                  for grant in key_in_file(REGULATED, alias)["grants"] for n in range(1, grant.get("count", 1) + 1))


def _grants(answer: dict) -> list[tuple]:
    ids = {grant["GrantId"] for grant in answer["Grants"]}
    assert len(ids) == len(answer["Grants"]), "no grant comes twice"
    return sorted((grant["Name"], grant["GranteePrincipal"], tuple(grant["Operations"]),
                   _pairs(grant.get("Constraints", {}).get("EncryptionContextSubset", {})),
                   _pairs(grant.get("Constraints", {}).get("EncryptionContextEquals", {})))
                  for grant in answer["Grants"])


def _pairs(context: dict) -> tuple:
    return tuple(sorted(context.items()))


def _store_metrics_in_file() -> list[tuple]:
    """The metrics of custom key stores, without the ids of the stores."""
    throttled = {"AWS_CLOUDHSM": "CloudHSMKeyStoreThrottle", "EXTERNAL_KEY_STORE": "ExternalKeyStoreThrottle"}
    metrics = [(throttled[store["type"]], operation, "SYMMETRIC_DEFAULT", None)
               for store in _STORES for operation in store.get("throttled", {})]
    metrics += [("XksProxyCertificateDaysToExpire", None, None, store["proxy"]["uri_endpoint"].removeprefix("https://"))
                for store in _STORES if "certificate" in store.get("proxy", {})]
    return sorted(metrics, key=str)


def _store_metrics(answer: dict) -> list[tuple]:
    named = [(metric["MetricName"], {one["Name"]: one["Value"] for one in metric["Dimensions"]})
             for metric in answer["Metrics"]]
    return sorted(((name, of.get("KmsOperation"), of.get("KeySpec"), of.get("CertificateName")) for name, of in named),
                  key=str)


def _tagged(answer: dict) -> list[tuple]:
    """The tags of every key that has some."""
    assert all(":kms:" in one["ResourceARN"] for one in answer["ResourceTagMappingList"])
    return sorted(tuple(sorted((tag["Key"], tag["Value"]) for tag in one["Tags"]))
                  for one in answer["ResourceTagMappingList"])


def _tagged_in_file() -> list[tuple]:
    keys = in_file(REGULATED)["region"][0]["key"]
    return sorted(tuple(sorted((name, value.replace("{n}", str(n))) for name, value in key["tags"].items()))
                  for key in keys if key.get("tags") for n in range(1, key.get("count", 1) + 1))


def _kms(operation: str, key: str | None, read: Callable[[dict], object], said: object, estate: str = REGULATED,
         **arguments) -> Question:
    return Question(estate, "kms", operation, arguments, read, said, key)


def _names(member: str, name: str = "Name") -> Callable[[dict], object]:
    return lambda answer: sorted(item[name] for item in answer[member])


_ROTATIONS = [(rotation["date"], rotation["type"]) for rotation in key_in_file(REGULATED, "alias/mail")["rotations"]]
_STORES = in_file(REGULATED)["region"][0]["custom_key_store"]
_ALARMS = in_file(INCIDENT)["region"][0]["alarm"]
_FILTER = in_file(INCIDENT)["region"][0]["metric_filter"][0]
_TRAIL = in_file(INCIDENT)["trail"][0]
_MEMBERS = in_file(ORGANIZATION)["member"]
_UNITS = {path.split("/")[0] for path in in_file(ORGANIZATION)["organization"]["units"]}
_BUCKET = in_file(INCIDENT)["bucket"][0]
_AGGREGATOR = in_file(ORGANIZATION)["config_aggregator"][0]


def _active_regions() -> int:
    """The enabled Regions of all accounts that are in use."""
    def count(regions: list) -> int:
        return sum(1 if isinstance(region["name"], str) else len(region["name"]) for region in regions
                   if region.get("enabled", True))

    members = (one for one in _MEMBERS if one.get("state", "ACTIVE") == "ACTIVE")
    return count(in_file(ORGANIZATION)["region"]) + sum(one.get("count", 1) * count(one["region"]) for one in members)


QUESTIONS: tuple[Question, ...] = (
    _kms("GetKeyPolicy", "alias/vault-documents", lambda answer: json.loads(answer["Policy"]),
         _policy("alias/vault-documents", "policy"), PolicyName="default"),
    _kms("GetKeyPolicy", "alias/backups", lambda answer: json.loads(answer["Policy"]),
         _policy("alias/backups", "ram_policy"), PolicyName="AWS_RAM"),
    _kms("ListKeyPolicies", "alias/backups", lambda answer: sorted(answer["PolicyNames"]), ["AWS_RAM", "default"]),
    _kms("ListKeyPolicies", "alias/mail", lambda answer: answer["PolicyNames"], ["default"]),
    _kms("GetKeyRotationStatus", "alias/mail",
         lambda answer: (answer["KeyRotationEnabled"], answer["RotationPeriodInDays"]), (True, 365)),
    _kms("GetKeyRotationStatus", "alias/branch-offices", lambda answer: answer["KeyRotationEnabled"], False),
    _kms("ListKeyRotations", "alias/mail",
         lambda answer: [(moment(one["RotationDate"]), one["RotationType"]) for one in answer["Rotations"]], _ROTATIONS),
    # More than the fifty of a page.
    _kms("ListGrants", "alias/backups", _grants, _grants_in_file("alias/backups")),
    _kms("ListGrants", "alias/exports", lambda answer: answer["Grants"], []),
    _kms("GetKeyLastUsage", "alias/ledger",
         lambda answer: (answer["KeyLastUsage"]["Operation"], moment(answer["KeyLastUsage"]["Timestamp"]),
                         moment(answer["TrackingStartDate"])),
         ("Decrypt", key_in_file(REGULATED, "alias/ledger")["last_usage"]["at"], datetime(2026, 3, 11, tzinfo=UTC))),
    _kms("GetKeyLastUsage", "alias/newsletter", lambda answer: answer["KeyLastUsage"], {}),
    _kms("DescribeCustomKeyStores", None,
         lambda answer: {(one["CustomKeyStoreName"], one["CustomKeyStoreType"], one["ConnectionState"])
                         for one in answer["CustomKeyStores"]},
         {(store["name"], store["type"], store["state"]) for store in _STORES}),
    Question(REGULATED, "cloudwatch", "ListMetrics",
             {"Namespace": "AWS/KMS", "Dimensions": [{"Name": "CustomKeyStoreId"}]}, _store_metrics,
             _store_metrics_in_file()),
    Question(INCIDENT, "service-quotas", "GetServiceQuota", {"ServiceCode": "kms", "QuotaCode": "L-6E3AF000"},
             lambda answer: answer["Quota"]["Value"], 10_000),
    Question(INCIDENT, "service-quotas", "GetAWSDefaultServiceQuota",
             {"ServiceCode": "kms", "QuotaCode": "L-6E3AF000"}, lambda answer: answer["Quota"]["Value"], 10_000),
    Question(INCIDENT, "cloudwatch", "DescribeAlarms", {},
             lambda answer: {(one["AlarmName"], one["Threshold"], one["StateValue"], bool(one["AlarmActions"]))
                             for one in answer["MetricAlarms"]},
             {(alarm["name"], alarm["threshold"], alarm.get("state", "OK"), "actions" in alarm) for alarm in _ALARMS}),
    Question(INCIDENT, "logs", "DescribeMetricFilters", {"logGroupName": _FILTER["log_group"]},
             lambda answer: [(one["filterName"], one["filterPattern"], one["metricTransformations"][0]["metricName"])
                             for one in answer["metricFilters"]],
             [(_FILTER["name"], _FILTER["pattern"], _FILTER["metric"])]),
    Question(INCIDENT, "cloudtrail", "DescribeTrails", {},
             lambda answer: [(one["Name"], one["IsMultiRegionTrail"], one["S3BucketName"])
                             for one in answer["trailList"]],
             [(_TRAIL["name"], True, "trail-" + in_file(INCIDENT)["account"]["id"])]),
    Question(INCIDENT, "cloudtrail", "GetTrailStatus", {"Name": _TRAIL["name"]},
             lambda answer: answer["IsLogging"], True),
    Question(INCIDENT, "cloudtrail", "GetEventSelectors", {"TrailName": _TRAIL["name"]},
             lambda answer: [one["ExcludeManagementEventSources"] for one in answer["EventSelectors"]],
             [_TRAIL["event_selectors"][0]["exclude"]]),
    Question(INCIDENT, "s3", "ListBucketMetricsConfigurations", {"Bucket": _BUCKET["name"]},
             lambda answer: [one["Id"] for one in answer["MetricsConfigurationList"]], ["EntireBucket"]),
    Question(ORGANIZATION, "organizations", "DescribeOrganization", {},
             lambda answer: (answer["Organization"]["Id"], answer["Organization"]["MasterAccountId"]),
             (in_file(ORGANIZATION)["organization"]["id"], in_file(ORGANIZATION)["account"]["id"])),
    Question(ORGANIZATION, "organizations", "ListRoots", {}, _names("Roots"), ["Root"]),
    Question(ORGANIZATION, "organizations", "ListAccounts", {},
             lambda answer: (len({one["Id"] for one in answer["Accounts"]}),
                             sum(one["State"] == "SUSPENDED" for one in answer["Accounts"])),
             (1 + sum(member.get("count", 1) for member in _MEMBERS),
              sum(member.get("count", 1) for member in _MEMBERS if member.get("state") == "SUSPENDED"))),
    # Of the root, which each asks for first.
    Question(ORGANIZATION, "organizations", "ListOrganizationalUnitsForParent", {"ParentId": "root"},
             _names("OrganizationalUnits"), sorted(_UNITS)),
    Question(ORGANIZATION, "organizations", "ListAccountsForParent", {"ParentId": "root"},
             _names("Accounts"), [in_file(ORGANIZATION)["account"]["name"]]),
    Question(REGULATED, "resourcegroupstaggingapi", "GetResources", {"ResourceTypeFilters": ["kms:key"]},
             _tagged, _tagged_in_file()),
    Question(ORGANIZATION, "config", "DescribeConfigurationAggregators", {},
             lambda answer: [(one["ConfigurationAggregatorName"], one["OrganizationAggregationSource"]["AllAwsRegions"])
                             for one in answer["ConfigurationAggregators"]], [(_AGGREGATOR["name"], True)]),
    Question(ORGANIZATION, "config", "DescribeConfigurationAggregatorSourcesStatus",
             {"ConfigurationAggregatorName": _AGGREGATOR["name"]},
             lambda answer: len({(one["SourceId"], one["AwsRegion"]) for one in answer["AggregatedSourceStatusList"]
                                 if one["LastUpdateStatus"] == "SUCCEEDED"}), _active_regions()),
    Question(ORGANIZATION, "config", "SelectAggregateResourceConfig",
             {"ConfigurationAggregatorName": _AGGREGATOR["name"], "Expression":
              "SELECT accountId, configuration.keyState WHERE resourceType = 'AWS::KMS::Key' "
              f"AND accountId IN ('{in_file(ORGANIZATION)['account']['id']}')"},
             lambda answer: [json.loads(row) for row in answer["Results"]],
             [{"accountId": in_file(ORGANIZATION)["account"]["id"], "configuration": {"keyState": "Enabled"}}] * 6),
    Question(ORGANIZATION, "sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "weekly"},
             lambda answer: answer["AssumedRoleUser"]["Arn"],
             "arn:aws:sts::333300000007:assumed-role/KmsAuditReadOnly/weekly"),
)

# The tests of the program compare the answers of the first: no shipped estate has tags on a bucket. The second, without
# the id that it needs, is a request for the list of configurations.
ANSWERED_IN_OTHER_TESTS = {"s3:GetBucketTagging", "s3:GetBucketMetricsConfiguration"}
