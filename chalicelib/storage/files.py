"""Files of a tenant in S3: every key names the tenant; uploads live under a prefix that expires."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from botocore.exceptions import ClientError

from chalicelib.gateways.aws import client
from chalicelib.gateways.settings import settings
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import is_tenant_id


def file_key(tenant_id: str, *parts: str) -> str:
    """`T/<tenant>/…`: a file that stays until it is deleted."""
    return "/".join((_root("T", tenant_id), *parts))


def upload_key(tenant_id: str, *parts: str) -> str:
    """`uploads/T/<tenant>/…`: a file that S3 deletes after 30 days."""
    return "/".join((_root("uploads/T", tenant_id), *parts))


def _root(top: str, tenant_id: str) -> str:
    if not is_tenant_id(tenant_id):
        raise ValueError(f"not a tenant id: {tenant_id!r}")
    return f"{top}/{tenant_id}"


def put(key: str, content: bytes, *, content_type: str = "application/octet-stream") -> None:
    client("s3").put_object(Bucket=settings().bucket, Key=key, Body=content, ContentType=content_type)


def put_path(key: str, path: Path) -> None:
    client("s3").upload_file(str(path), settings().bucket, key)


def get(key: str) -> bytes:
    """The file's bytes; NotFound if there is none."""
    try:
        body: bytes = client("s3").get_object(Bucket=settings().bucket, Key=key)["Body"].read()
    except ClientError as failure:
        raise _absent(failure) from failure
    return body


def get_path(key: str, path: Path) -> None:
    """Downloads to `path` (the caller renames it into place); NotFound if there is none."""
    try:
        client("s3").download_file(settings().bucket, key, str(path))
    except ClientError as failure:
        raise _absent(failure) from failure


def names(prefix: str) -> Iterator[str]:
    """Keys that begin with `prefix`, in order."""
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=settings().bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            yield item["Key"]


def _absent(failure: ClientError) -> Exception:
    code = failure.response.get("Error", {}).get("Code")
    return NotFound() if code in ("NoSuchKey", "404", "NotFound") else failure
