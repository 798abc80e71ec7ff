"""Files of a tenant in S3, reached as that tenant: with credentials that AWS narrows to its folders, and beneath
them a fence that lets no other key out of the process.

A file that is not there ends like any failure of AWS: a tenant may not list its folders, so S3 does not tell it which
of the two it is. Whatever names a file is written after it; only where an address names one, `find` is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.gateways.aws import new_client
from chalicelib.gateways.settings import settings
from chalicelib.kernel.recent import Recent
from chalicelib.storage.credentials import tenant_credentials
from chalicelib.storage.fence import FenceBreach, fence_files
from chalicelib.storage.keys import tenant_folders

_CHUNK = 1024 * 1024
_clients: Recent[tuple[str, str], Any] = Recent(64)


def file_key(tenant_id: str, *parts: str) -> str:
    """Where a file stays until it is deleted."""
    return tenant_folders(tenant_id)[0] + "/".join(parts)


def upload_key(tenant_id: str, *parts: str) -> str:
    """Where S3 deletes a file after 30 days."""
    return tenant_folders(tenant_id)[1] + "/".join(parts)


def made_key(tenant_id: str, *parts: str) -> str:
    """Where S3 deletes a file after a day: what was made to be fetched, and can be made again."""
    return tenant_folders(tenant_id)[2] + "/".join(parts)


def put(tenant_id: str, key: str, content: bytes) -> None:
    _client(tenant_id).put_object(Bucket=settings().bucket, Key=key, Body=content)


def put_path(tenant_id: str, key: str, path: Path) -> None:
    with path.open("rb") as file:
        _client(tenant_id).put_object(Bucket=settings().bucket, Key=key, Body=file)


def get(tenant_id: str, key: str) -> bytes:
    body: bytes = _client(tenant_id).get_object(Bucket=settings().bucket, Key=key)["Body"].read()
    return body


def find(tenant_id: str, key: str) -> bytes | None:
    """The file that somebody's address names, or None. To who may not list, S3 says AccessDenied of what is not
    there."""
    try:
        return get(tenant_id, key)
    except ClientError as refused:
        if refused.response["Error"]["Code"] in ("AccessDenied", "NoSuchKey"):
            return None
        raise


def get_path(tenant_id: str, key: str, path: Path) -> None:
    """Downloads to `path`; the caller renames it into place."""
    body = _client(tenant_id).get_object(Bucket=settings().bucket, Key=key)["Body"]
    with path.open("wb") as file:
        for piece in body.iter_chunks(_CHUNK):
            file.write(piece)


def address(tenant_id: str, key: str, *, disposition: str, content_type: str, seconds: int) -> str:
    """Where a browser or a program fetches the file by itself for so long, under the header `disposition`. For
    files that are too large to pass through a function, which answers with 6 MB at most.

    It ends sooner than `seconds` if the tenant's credentials do, and those have five minutes left at least.
    """
    asked = {
        "Bucket": settings().bucket,
        "Key": key,
        "ResponseContentDisposition": disposition,
        "ResponseContentType": content_type,
    }
    found: str = _client(tenant_id).generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)
    return found


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form that brings a browser's file straight to S3: where it is sent, and its hidden fields. The file itself is
    the last field, `file`."""

    action: str
    fields: Mapping[str, str]


def upload_form(tenant_id: str, folder: str, *, most: int, then: str, seconds: int) -> UploadForm:
    """For a file of at most `most` bytes, under its own name in `folder`, for so long. The browser then goes to `then`
    with `?key=`. For files that are too large to pass through a function, which takes 6 MB at most."""
    if not folder.startswith(tenant_folders(tenant_id)):
        raise FenceBreach("an upload outside the fence")
    prefix = f"{folder}/"
    # The SDK signs a form as if it were to make a bucket: the fence would see no key, so it was looked at here.
    made = _new_client(tenant_id).generate_presigned_post(
        Bucket=settings().bucket,
        Key=prefix + "${filename}",
        Fields={"success_action_redirect": then},
        Conditions=[
            ["content-length-range", 1, most],
            {"success_action_redirect": then},
        ],
        ExpiresIn=seconds,
    )
    return UploadForm(made["url"], made["fields"])


def delete(tenant_id: str, key: str) -> None:
    """Deletes the file; nothing happens if there is none."""
    _client(tenant_id).delete_object(Bucket=settings().bucket, Key=key)


def _client(tenant_id: str) -> Any:
    """S3 as the tenant, kept while its credentials last."""
    credentials = tenant_credentials(tenant_id)
    identity = (tenant_id, credentials.access_key if credentials else "")
    found = _clients.get(identity)
    if found is not None:
        return found
    made = _new_client(tenant_id)
    fence_files(made, settings().bucket, tenant_folders(tenant_id))
    return _clients.keep(identity, made)


def _new_client(tenant_id: str) -> Any:
    """S3 with the tenant's credentials, and no fence."""
    credentials = tenant_credentials(tenant_id)
    return new_client("s3", **(credentials.arguments if credentials else {}))
