"""The package that AWS and the embedded cloud both get: `deployment.zip` and `template.json`.

`chalice package` makes it from a staging copy of the project. The libraries are installed for
Amazon's Linux first (pip refuses a wheel that does not fit, where Chalice would leave it out in
silence), slimmed, compiled, and handed to Chalice as its `vendor` folder, so that a change of our
own code does not install them again. Results are kept under .build/ by a hash of what they are
made from.
"""

import compileall
import fcntl
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
STAGE = "kontor"  # Chalice's stage; ours (local, prod, …) is a parameter of the template
LARGEST_ZIP = 40_000_000  # bytes

SOURCES = (
    "app.py",
    "chalicelib",
    "requirements.txt",
    ".chalice/config.json",
    "infra",
    "tools/packaging.py",
    "tools/gateway_page.py",
)
SERVICES = frozenset({"cognito-idp", "dynamodb", "s3", "ses", "sqs", "sts"})  # whose descriptions boto3 keeps
LOCALES = frozenset(
    {"root", "en", "en_001", "en_150", "en_GB", "en_US", "ro", "ro_MD", "ro_RO", "ru", "ru_MD", "ru_RU"}
)
DROPPED_NAMES = frozenset({"__pycache__", "tests", "examples", "bin"})
DROPPED_PREFIXES = ("PIL/_avif.", "PIL/_imagingtk.", "pillow.libs/libavif", "reportlab/graphics/testshapes")

LAMBDA_PLATFORM = "manylinux2014_x86_64"

Say = Callable[[str], None]


class PackagingFailed(Exception):
    """The package could not be made or would not run; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A finished package. `fingerprint` changes with anything that went into it."""

    fingerprint: str
    folder: Path

    @property
    def archive(self) -> Path:
        return self.folder / "deployment.zip"

    @property
    def template(self) -> Path:
        return self.folder / "template.json"


def fingerprint() -> str:
    """Hash of everything the package is made from, the interpreter's version included."""
    digest = hashlib.sha256(f"{sys.version_info[:3]}{_platform()}".encode())
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def build(say: Say = print) -> Package:
    """The package of the tree as it is; made only if there is none of the same fingerprint."""
    wanted = fingerprint()
    package = Package(fingerprint=wanted, folder=BUILD / "packages" / wanted)
    with _one_at_a_time():
        if package.template.exists():
            os.utime(package.folder)
            return package
        _make(package, say)
        _forget_old(package.folder.parent, keep=4)
    return package


def _make(package: Package, say: Say) -> None:
    libraries = _libraries(say)
    package.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        stage = Path(scratch) / "project"
        _copy_project(stage)
        _compile_templates(stage)
        (stage / "vendor").symlink_to(libraries)
        out = Path(scratch) / "out"
        _chalice(stage, out)
        archive = out / "deployment.zip"
        _add_byte_code(archive, Path(scratch))
        size = archive.stat().st_size
        say(f"package: {size / 1e6:.1f} MB zipped")
        if size > LARGEST_ZIP:
            raise PackagingFailed(
                f"the package has {size / 1e6:.1f} MB; more than {LARGEST_ZIP / 1e6:.0f} starts slowly"
            )
        check_imports(archive, say)
        template = yaml.safe_load((out / "sam.yaml").read_text())
        _add_gateway_page(template)
        (out / "sam.yaml").unlink()
        (out / "template.json").write_text(json.dumps(template, indent=1, ensure_ascii=False))
        out.rename(package.folder)


def _copy_project(stage: Path) -> None:
    (stage / ".chalice").mkdir(parents=True)
    for name in ("app.py", "infra", "chalicelib"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, stage / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
        else:
            shutil.copy2(source, stage / name)
    for file in (ROOT / ".chalice").glob("*.json"):
        shutil.copy2(file, stage / ".chalice")
    (stage / "requirements.txt").write_text("# installed into vendor/ already\n")


def _compile_templates(stage: Path) -> None:
    """Page templates as Python modules, so that a cold start parses none of them."""
    from chalicelib.http.rendering import compile_templates  # the product's own modules, only when a package is made

    compile_templates(stage / "chalicelib" / "http" / "compiled")


def _add_gateway_page(template: dict[str, Any]) -> None:
    """What API Gateway answers by itself looks and speaks like our own pages."""
    from tools.gateway_page import gateway_responses  # it needs the product's own modules, too

    template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"] = gateway_responses()


def _chalice(stage: Path, out: Path) -> None:
    command = [
        str(Path(sys.executable).parent / "chalice"), "--project-dir", str(stage), "package",
        "--stage", STAGE, "--merge-template", str(stage / "infra" / "template.yaml"),
        str(out),
    ]  # fmt: skip
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(stage),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PYTHONDONTWRITEBYTECODE": "1",  # Chalice would pack the byte code of what it imports
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=stage)
    if done.returncode or not (out / "deployment.zip").exists():
        raise PackagingFailed(f"chalice package failed:\n{done.stdout}{done.stderr}")


# -- libraries ------------------------------------------------------------------------------------


def _platform() -> str:
    """Whose wheels to take: Amazon's Linux, unless this machine could not import them to run locally."""
    machine = os.uname()
    return LAMBDA_PLATFORM if (machine.sysname, machine.machine) == ("Linux", "x86_64") else "this-machine"


def _libraries(say: Say) -> Path:
    slimming = sorted(SERVICES | LOCALES | DROPPED_NAMES), DROPPED_PREFIXES
    pins = (ROOT / "requirements.txt").read_bytes() + repr(slimming).encode()
    digest = hashlib.sha256(pins + f"{sys.version_info[:3]}{_platform()}".encode()).hexdigest()[:16]
    folder = BUILD / "libraries" / digest
    if folder.exists():
        return folder
    say("installing the functions' libraries (once per change of requirements.txt)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        target = Path(scratch) / "vendor"
        _install(target)
        _slim(target)
        compileall.compile_dir(
            target,
            quiet=2,
            workers=2,
            stripdir=str(target),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        target.rename(folder)
    _forget_old(folder.parent, keep=2)
    return folder


def _install(target: Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet",
               "--no-deps", "--no-compile", "--progress-bar", "off", "--target", str(target),
               "-r", str(ROOT / "requirements.txt")]  # fmt: skip
    if _platform() == LAMBDA_PLATFORM:
        command += ["--platform", LAMBDA_PLATFORM, "--only-binary", ":all:"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise PackagingFailed(f"a pinned library cannot be installed for Lambda ({_platform()}):\n{done.stdout}")


def _slim(folder: Path) -> None:
    """Leave out what no function of ours can need."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if _is_superfluous(path.relative_to(folder)):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


def _is_superfluous(path: Path) -> bool:
    parts = path.parts
    if path.name in DROPPED_NAMES or path.suffix in {".pyi", ".pyx", ".c", ".h"}:
        return True
    if str(path).startswith(DROPPED_PREFIXES):
        return True
    if parts[:2] == ("botocore", "data") and len(parts) == 3:
        return not path.suffix and path.name not in SERVICES
    if parts[:2] == ("boto3", "data") and len(parts) == 3:
        return path.name not in SERVICES
    if parts[:2] == ("babel", "locale-data"):
        return len(parts) == 3 and path.stem not in LOCALES
    return False


def _add_byte_code(archive: Path, scratch: Path) -> None:
    """Compile our own modules and Chalice's: /var/task is read-only, so a cold start could not keep its own."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    tree = scratch / "own"
    with zipfile.ZipFile(archive) as packed:
        own = [
            name
            for name in packed.namelist()
            if name.endswith(".py") and (name == "app.py" or name.startswith(("chalicelib/", "chalice/")))
        ]
        packed.extractall(tree, own)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as packed:
        for name in own:
            compiled = Path(str(py_compile.compile(str(tree / name), dfile=name, doraise=True, invalidation_mode=mode)))
            packed.write(compiled, compiled.relative_to(tree))


# -- checks ---------------------------------------------------------------------------------------


def check_imports(archive: Path, say: Say = print) -> None:
    """Import the package's app in an interpreter that sees nothing but the package."""
    program = (
        "import sys, time; sys.path[:0] = [sys.argv[1]]; sys.dont_write_bytecode = True\n"
        "begun = time.perf_counter(); import app; print(round((time.perf_counter() - begun) * 1000))"
    )
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        for handler in ("app.app", "app.on_event"):
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", program, folder],
                capture_output=True, text=True, cwd=folder,
                env={"_HANDLER": handler, "AWS_DEFAULT_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": "check"},
            )  # fmt: skip
            if done.returncode:
                raise PackagingFailed(f"the package cannot be imported as {handler}:\n{done.stderr}")
            say(f"package: {handler} imports alone in {done.stdout.strip()} ms")


# -- folders --------------------------------------------------------------------------------------


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        path = ROOT / name
        if path.is_file():
            yield path
        else:
            yield from (f for f in sorted(path.rglob("*")) if f.is_file() and _is_source(f))
    yield from sorted((ROOT / ".chalice").glob("policy-*.json"))


def _is_source(file: Path) -> bool:
    return "__pycache__" not in file.parts and not file.name.startswith(".") and file.suffix != ".pyc"


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_old(folder: Path, keep: int) -> None:
    by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[keep:]:
        shutil.rmtree(path, ignore_errors=True)


def main() -> int:
    begun = time.monotonic()
    try:
        package = build()
    except PackagingFailed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"package: {package.folder.relative_to(ROOT)}, {time.monotonic() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
