"""Files that a person's browser brings straight to S3, because they are larger than a function may be sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from chalicelib.gateways.settings import settings
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.storage import files
from chalicelib.storage.files import UploadForm
from chalicelib.storage.session import OUTAGES

_SECONDS = 3_600


def form(tenant_id: str, folder: str, *, most: int, then: str) -> UploadForm:
    """The form that brings a file of at most `most` bytes, under its own name, to `folder`; the browser then goes to
    our path `then` with `?key=`."""
    address = settings().public_url + then
    return files.upload_form(tenant_id, folder, most=most, then=address, seconds=_SECONDS)


def name_in(folder: str, key: str) -> str:
    """The file's own name, of the key that S3 says it has; NotFound for a key that is not in the folder."""
    place, _, name = key.rpartition("/")
    if place != folder or not name:
        raise NotFound()
    return name


@contextmanager
def fetched(tenant_id: str, key: str) -> Iterator[Path]:
    """A copy of the file, for as long as it is needed; what is put beside it goes with it."""
    with TemporaryDirectory(prefix="kontor-upload-") as folder:
        path = Path(folder) / "file"
        files.get_path(tenant_id, key, path)
        yield path


@contextmanager
def looked_at(tenant_id: str, key: str) -> Iterator[BinaryIO]:
    """The file, open, for a page that shows what is in it; Refused("file_missing") if it cannot be had."""
    with TemporaryDirectory(prefix="kontor-upload-") as folder:
        path = Path(folder) / "file"
        try:
            files.get_path(tenant_id, key, path)
        except OUTAGES as missing:
            raise Refused("file_missing") from missing
        with path.open("rb") as file:
            yield file
