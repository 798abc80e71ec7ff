"""Credentials that AWS itself narrows to one tenant.

The function's role assumes the tenant role with a session policy whose `dynamodb:LeadingKeys` names the tenant
literally: session tags would do on AWS, but a literal is also what an emulator can enforce.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.gateways.aws import client
from chalicelib.gateways.settings import settings
from chalicelib.kernel.clock import utc_now
from chalicelib.storage.keys import tenant_prefix

_LIFETIME = timedelta(hours=1)  # what role chaining allows at most
_RENEW_BEFORE = timedelta(minutes=5)
_KEPT = 64
_ACTIONS = (
    "BatchGetItem",
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    access_key: str
    secret_key: str
    token: str
    expires: datetime


_cache: OrderedDict[str, Credentials] = OrderedDict()


def session_policy(tenant_id: str) -> str:
    """What a tenant's session may do at most: item calls on keys of the tenant, never Scan."""
    statement = {
        "Effect": "Allow",
        "Action": [f"dynamodb:{action}" for action in _ACTIONS],
        "Resource": "*",  # narrowed by the role's own policy to the business tables
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{tenant_prefix(tenant_id)}*"]}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tenant_credentials(tenant_id: str) -> Credentials | None:
    """Cached credentials of the tenant's session; None where no tenant role is configured."""
    role = settings().tenant_role_arn
    if not role:
        return None
    now = utc_now()
    cached = _cache.get(tenant_id)
    if cached is not None and cached.expires - _RENEW_BEFORE > now:
        _cache.move_to_end(tenant_id)
        return cached
    answer = client("sts").assume_role(
        RoleArn=role,
        RoleSessionName=tenant_id,
        Policy=session_policy(tenant_id),
        DurationSeconds=int(_LIFETIME.total_seconds()),
    )["Credentials"]
    fresh = Credentials(
        access_key=answer["AccessKeyId"],
        secret_key=answer["SecretAccessKey"],
        token=answer["SessionToken"],
        expires=answer["Expiration"],
    )
    _cache[tenant_id] = fresh
    if len(_cache) > _KEPT:
        _cache.popitem(last=False)
    return fresh
