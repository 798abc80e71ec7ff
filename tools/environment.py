"""Virtual environments of the project: made when missing, refreshed when the pins change.

Runs with the system's Python and its standard library only:

    python3 tools/environment.py dev         .venv           packaging, tests, linters
    python3 tools/environment.py emulator    .venv-emulator  the embedded cloud and nothing else

An environment is complete when its stamp file says so. The stamp is removed before anything is
changed and written last, so a set-up that was killed is recognised and begun again.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = {
    "dev": (ROOT / ".venv", (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")),
    "emulator": (ROOT / ".venv-emulator", (ROOT / "tools" / "emulator-requirements.txt",)),
}
OLDEST_PYTHON = (3, 11)


class SetUpFailed(Exception):
    """Something could not be set up; the text tells the person what and how to do it."""


def ensure(name: str) -> Path:
    """Make the environment complete if it is not, and return its folder.

    `name` is a key of ENVIRONMENTS. Takes milliseconds when there is nothing to do.
    """
    folder, requirements = ENVIRONMENTS[name]
    wanted = _fingerprint(folder, requirements)
    if _stamp(folder) == wanted:
        return folder
    with _only_one(folder):
        if _stamp(folder) != wanted:
            _make(folder, requirements, wanted)
    return folder


def _fingerprint(folder: Path, requirements: tuple[Path, ...]) -> str:
    """What an environment was made from: interpreter, place, and the pins."""
    digest = hashlib.sha256()
    for file in requirements:
        digest.update(file.read_bytes())
    return f"{_interpreter(folder)}\n{digest.hexdigest()}\n"


def _interpreter(folder: Path) -> str:
    return f"{sys.version.split()[0]} {sysconfig.get_platform()} {folder}"


def _stamp(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / ".complete").read_text()
    return ""


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two `make` at once: the second waits for the first instead of damaging its work."""
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, requirements: tuple[Path, ...], wanted: str) -> None:
    begun = time.monotonic()
    print(f"   {folder.name}: setting up (a minute or two the first time)", flush=True)
    reusable = _stamp(folder).startswith(_interpreter(folder) + "\n")
    (folder / ".complete").unlink(missing_ok=True)
    if not reusable:
        if folder.exists():
            print(f"   {folder.name}: incomplete or of another Python, making it anew", flush=True)
            shutil.rmtree(folder)
        _create(folder)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    listed = [part for file in requirements[-1:] for part in ("-r", str(file))]
    # Everything is pinned: nothing to resolve, and byte code is made on first import.
    _install([*pip, "install", "--no-deps", "--no-compile", "--progress-bar", "off", *listed], folder, requirements)
    _run([*pip, "check"])
    (folder / ".complete").write_text(wanted)
    print(f"   {folder.name}: ready in {time.monotonic() - begun:.0f} s", flush=True)


def _install(command: list[str], folder: Path, requirements: tuple[Path, ...]) -> None:
    """Runs pip and says how far it is, by the libraries that it has begun to fetch."""
    total = sum(line[:1].isalnum() for file in requirements for line in file.read_text().splitlines())
    print(f"   {folder.name}: installing {total} libraries", flush=True)
    steps = [total // 4, total // 2, total * 3 // 4]
    fetched, said = 0, []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            said.append(line)
            fetched += line.startswith("Collecting ")
            if steps and fetched >= steps[0]:
                print(f"   {folder.name}: {steps.pop(0)} of {total}", flush=True)
            if line.startswith("Installing "):
                print(f"   {folder.name}: all are here, unpacking", flush=True)
    if pip.returncode:
        raise SetUpFailed(
            f"The libraries of {folder.name} could not be installed:\n{''.join(said[-15:])}\n"
            "Is the Python package index reachable (network, proxy, pip's index-url), and is there room on the disk? "
            "Then run the same command again."
        )


def _create(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise SetUpFailed(
            f"{sys.executable} could not make a virtual environment:\n{done.stdout}{done.stderr}\n"
            "On Debian and Ubuntu it needs the package python3-venv: apt-get install python3-venv"
        )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SetUpFailed(f"{' '.join(command)}\nended with code {done.returncode}:\n{done.stdout}")


def main(names: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        print(
            f"Kontor needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}. "
            "Name another one with PYTHON=/path/to/python3 make …",
            file=sys.stderr,
        )
        return 1
    os.environ.pop("PYTHONHOME", None)
    try:
        with ThreadPoolExecutor() as together:
            list(together.map(ensure, names))
    except SetUpFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
