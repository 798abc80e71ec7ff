"""Credentials that AWS itself narrows to one tenant.

The function's role assumes the tenant role with a session policy that names the tenant literally, in
`dynamodb:LeadingKeys` and in its folders of the bucket: session tags would do on AWS, but a literal is also what an
emulator can enforce.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.gateways.aws import client
from chalicelib.gateways.settings import settings
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.recent import Recent
from chalicelib.storage.keys import tenant_folders, tenant_prefix

_LIFETIME = timedelta(hours=1)  # what role chaining allows at most
_RENEW_BEFORE = timedelta(minutes=5)
_ITEM_ACTIONS = (
    "BatchGetItem",
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)
_FILE_ACTIONS = ("DeleteObject", "GetObject", "PutObject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    access_key: str
    secret_key: str
    token: str
    expires: datetime

    @property
    def arguments(self) -> dict[str, Any]:
        """As botocore's clients want them."""
        return {
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "aws_session_token": self.token,
        }


_cache: Recent[str, Credentials] = Recent(64)


def session_policy(tenant_id: str, bucket: str, *, partition: str = "aws") -> str:
    """What a tenant's session may do at most: item calls on keys of the tenant, never Scan; its own files in
    `bucket`, without listing them. `partition` is that of the ARNs."""
    items = {
        "Effect": "Allow",
        "Action": [f"dynamodb:{action}" for action in _ITEM_ACTIONS],
        "Resource": "*",  # narrowed by the role's own policy to the business tables
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{tenant_prefix(tenant_id)}*"]}},
    }
    files = {
        "Effect": "Allow",
        "Action": [f"s3:{action}" for action in _FILE_ACTIONS],
        "Resource": [f"arn:{partition}:s3:::{bucket}/{folder}*" for folder in tenant_folders(tenant_id)],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [items, files]})


def at_hand(tenant_id: str) -> bool:
    """Whether `tenant_credentials` answers without assuming the role: a call to AWS, a line in its audit."""
    return not settings().tenant_role_arn or _valid(tenant_id) is not None


def tenant_credentials(tenant_id: str) -> Credentials | None:
    """Cached credentials of the tenant's session; None where no tenant role is configured."""
    role = settings().tenant_role_arn
    if not role:
        return None
    cached = _valid(tenant_id)
    if cached is not None:
        return cached
    answer = client("sts").assume_role(
        RoleArn=role,
        RoleSessionName=tenant_id,
        Policy=session_policy(tenant_id, settings().bucket, partition=role.split(":")[1]),
        DurationSeconds=int(_LIFETIME.total_seconds()),
    )["Credentials"]
    fresh = Credentials(
        access_key=answer["AccessKeyId"],
        secret_key=answer["SecretAccessKey"],
        token=answer["SessionToken"],
        expires=answer["Expiration"],
    )
    return _cache.keep(tenant_id, fresh)


def _valid(tenant_id: str) -> Credentials | None:
    cached = _cache.get(tenant_id)
    return cached if cached is not None and cached.expires - _RENEW_BEFORE > utc_now() else None
