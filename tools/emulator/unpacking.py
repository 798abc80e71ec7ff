"""Unpack each version of the functions' code once instead of once per worker process.

MiniStack unpacks the whole zip for every concurrent invocation of every function: seconds of work
in the server itself. On Lambda the code folder is read-only, so that workers can share one.
"""

import hashlib
import os
import tempfile
import threading
import types
import zipfile
from pathlib import Path
from typing import Any

_lock = threading.Lock()


class SharedZipFile(zipfile.ZipFile):
    """Its `extractall` into a worker's `code` folder puts a link to the shared unpacked copy there."""

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        target = Path(path)
        if target.name != "code" or self.filename is None:
            super().extractall(path, members, pwd)
            return
        shared = self._unpacked(Path(self.filename))
        target.rmdir()
        target.symlink_to(shared)

    def _unpacked(self, archive: Path) -> Path:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha1").hexdigest()
        folder = Path(tempfile.gettempdir()) / f"code-{digest}"
        with _lock:
            if not folder.exists():
                part = Path(tempfile.mkdtemp(prefix="code-part-"))
                super().extractall(part)
                os.rename(part, folder)
        return folder


def install(runtime: Any) -> None:
    """Let MiniStack's lambda_runtime use the shared copies."""
    runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZipFile})
