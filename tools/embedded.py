"""The embedded cloud as a process: start, wait for, stop. Used by `make run` and by the tests."""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tools import environment

ROOT = Path(__file__).resolve().parent.parent
REGION = "eu-central-1"
LOG_LIMIT = 20_000_000  # bytes; a larger log begins anew


class EmulatorTrouble(Exception):
    """The embedded cloud does not run as it should; the text tells the person what to do."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """One embedded cloud: everything it keeps is in `folder`, it listens on 127.0.0.1:`port`."""

    folder: Path
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "emulator.log"

    def process_id(self) -> int | None:
        """The running emulator's process, or None."""
        try:
            number = int((self.folder / "emulator.pid").read_text())
        except (OSError, ValueError):
            return None
        return number if _is_emulator(number) else None

    def is_answering(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_kontor/status", timeout=2) as response:
                return isinstance(json.load(response), dict)
        except (OSError, ValueError):
            return False

    def start(self, wait_seconds: float = 60) -> None:
        """Start it unless it runs; returns when it answers."""
        if self.process_id() is None:
            if is_taken(self.port):
                raise EmulatorTrouble(
                    f"Port {self.port} is taken by another program. Choose another one:\n"
                    f"    PORT={self.port + 4} make run"
                )
            self._spawn()
        deadline = time.monotonic() + wait_seconds
        while not self.is_answering():
            if self.process_id() is None:
                raise EmulatorTrouble(f"The embedded cloud ended at once. Its log ({self.log}):\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise EmulatorTrouble(f"The embedded cloud does not answer on {self.endpoint}; see {self.log}")
            time.sleep(0.1)

    def stop(self, wait_seconds: float = 60) -> bool:
        """Stop it so that it writes its state; False if it was not running."""
        number = self.process_id()
        if number is None:
            return False
        os.kill(number, signal.SIGTERM)
        deadline = time.monotonic() + wait_seconds
        while _is_emulator(number):
            if time.monotonic() > deadline:
                raise EmulatorTrouble(f"Process {number} does not stop; its log is {self.log}")
            time.sleep(0.05)
        (self.folder / "emulator.pid").unlink(missing_ok=True)
        return True

    def forget_state(self) -> None:
        """Remove everything it has kept; it must not be running."""
        for name in ("state", "s3", "tmp"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def switch(self, name: str) -> None:
        """`hold` or `snapshot`, see tools/emulator/durability.py."""
        request = urllib.request.Request(f"{self.endpoint}/_kontor/{name}", method="POST")
        with urllib.request.urlopen(request, timeout=120):
            pass

    def _spawn(self) -> None:
        python = environment.ENVIRONMENTS["emulator"][0] / "bin" / "python"
        temporary = self.folder / "tmp"
        _empty(temporary)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        command = [str(python), str(ROOT / "tools" / "emulator")]
        number = start_in_background(command, self.log, self._variables(python), temporary)
        (self.folder / "emulator.pid").write_text(f"{number}\n")

    def _variables(self, python: Path) -> dict[str, str]:
        """The whole environment: functions inherit it, so nothing of this shell may be in it."""
        folder = str(self.folder)
        return {
            "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": folder,
            "TMPDIR": f"{folder}/tmp",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": "WARNING",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",  # queue addresses must not name the cabinet's host
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",
            "PERSIST_STATE": "1",
            "STATE_DIR": f"{folder}/state",
            "S3_PERSIST": "1",
            "S3_DATA_DIR": f"{folder}/s3",
            "POWERTOOLS_TRACE_DISABLED": "true",
        }

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def _empty(temporary: Path) -> None:
    """Remove what earlier runs left, except the newest unpacked package (tools/emulator/unpacking.py)."""
    temporary.mkdir(parents=True, exist_ok=True)
    packages = [path for path in temporary.glob("code-*") if not path.name.startswith("code-part-")]
    newest = max(packages, key=lambda path: path.stat().st_mtime, default=None)
    for path in temporary.iterdir():
        if path == newest:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


_started: list[subprocess.Popen[bytes]] = []


def start_in_background(
    command: list[str], log: Path, variables: dict[str, str] | None = None, folder: Path | None = None
) -> int:
    """Start a program that outlives this one, in a session of its own; its process id."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=variables,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)
    return process.pid


@atexit.register
def _let_go() -> None:
    """They live on by intention: Python is not to warn of it when it ends."""
    for process in _started:
        process.returncode = process.poll() or 0


def has_ended(number: int) -> bool:
    """Whether a program that this one started has ended."""
    return any(process.pid == number and process.poll() is not None for process in _started)


def is_taken(port: int) -> bool:
    """Whether somebody listens on the port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_emulator(number: int) -> bool:
    """The process lives and is ours: a number may have been given to another program since."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
        command = Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return _lives_elsewhere(number)
    just_started = not command  # the kernel shows the command line a moment after the program has begun
    return state != "Z" and (just_started or b"tools/emulator" in command)


def _lives_elsewhere(number: int) -> bool:
    """The same question on systems without /proc."""
    if Path("/proc/self").exists():
        return False
    done = subprocess.run(["ps", "-o", "stat=,command=", "-p", str(number)], capture_output=True, text=True)
    return "tools/emulator" in done.stdout and not done.stdout.lstrip().startswith("Z")
