"""`make run`, `make stop`, `make reset`: Kontor on this machine, everything it keeps under .local/.

The first set-up counts as one step: until .local/ready.json is written, a killed one is begun anew.
From then on nothing is thrown away except by `make reset`.
"""

import fcntl
import json
import os
import shutil
import sys
import traceback
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools import environment, local_stack, packaging, seed
from tools.cabinet_client import PageError
from tools.embedded import Emulator, EmulatorTrouble
from tools.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
READY = LOCAL / "ready.json"
CONFIG = LOCAL / "kontor.json"
DEFAULT_PORT = 4566


_LOG = "The embedded cloud's log is .local/emulator.log."
_CLOUD = f"{_LOG} `make run` tries again; `make reset` and `make run` begin anew, without the data."
_PACKAGE = (
    "The libraries come from the Python package index: is it reachable (network, proxy, pip's index-url), and is there "
    "room on the disk? `make run` goes on where it stopped."
)
_DEMO = f"{_LOG} `make run` begins the demo company anew."


def up(say: Progress) -> None:
    """Bring Kontor up: start, deploy what changed, seed once, write .local/kontor.json, print it."""
    LOCAL.mkdir(exist_ok=True)
    with _one_at_a_time(say):
        ready = _read(READY)
        emulator = Emulator(LOCAL, _port(ready))
        wanted = packaging.fingerprint()
        with say.step(f"starting the embedded cloud on port {emulator.port}", _CLOUD):
            _start(emulator, ready, say)
        if (ready.get("fingerprint"), ready.get("port")) != (wanted, emulator.port):
            with say.step("packaging", _PACKAGE):
                package = packaging.build(say)
            with say.step("deploying the CloudFormation stack", _CLOUD):
                local_stack.deploy(emulator, package)
        config = _config(emulator, ready)
        if not ready:
            with say.step("filling in the demo company", _DEMO):
                seeded = seed.seed(config, say)
                config |= {"users": seeded.users, "exchange": seeded.exchange}
                emulator.switch("snapshot")
        with say.step("opening the first page", _CLOUD):
            _open(emulator)
        _write(CONFIG, config)
        _write(READY, {"fingerprint": wanted, "port": emulator.port})
    say(f"ready in {say.total()}")
    _tell(config)


def stop(_: Progress) -> None:
    """Stop the embedded cloud; what it holds stays for the next start."""
    emulator = Emulator(LOCAL, DEFAULT_PORT)
    print("Kontor is stopped." if emulator.stop() else "Kontor is not running.")


def reset(_: Progress) -> None:
    """Stop and remove everything that was kept."""
    Emulator(LOCAL, DEFAULT_PORT).stop()
    shutil.rmtree(LOCAL, ignore_errors=True)
    print("Kontor is stopped and its local data is removed. `make run` begins anew.")


def _start(emulator: Emulator, ready: dict[str, Any], say: Progress) -> None:
    if emulator.process_id() is not None:
        if ready:
            say("   it is running already")
        else:
            say("   a set-up was interrupted: beginning it anew")
            emulator.stop()
    if not ready:
        emulator.forget_state()
    emulator.start()


def _port(ready: dict[str, Any]) -> int:
    """The port asked for by PORT, else the one used before, else 4566."""
    asked = os.environ.get("PORT", "")
    if asked and not (asked.isdecimal() and 0 < int(asked) < 65536):
        raise EmulatorTrouble(f"PORT={asked!r} is not a port number.")
    running = Emulator(LOCAL, DEFAULT_PORT).process_id()
    if running is not None and ready:
        if asked and int(asked) != ready["port"]:
            raise EmulatorTrouble(f"Kontor is already running on port {ready['port']}: `make stop` first.")
        return int(ready["port"])
    return int(asked or ready.get("port") or DEFAULT_PORT)


def _config(emulator: Emulator, ready: dict[str, Any]) -> dict[str, Any]:
    """.local/kontor.json as it should be; users and exchange come from the seed and stay."""
    url = local_stack.cabinet_url(emulator)
    config = {
        "url": f"{url}/",
        "mailbox": f"{emulator.endpoint}/_kontor/mail",
        "exchange": {},
        "users": [],
        "aws_endpoint": emulator.endpoint,
        "stack": local_stack.STACK,
    }
    if ready:
        before = CONFIG.read_text().replace(f"http://localhost:{ready['port']}", url)
        config |= {key: value for key, value in json.loads(before).items() if key in ("exchange", "users")}
    return config


def _open(emulator: Emulator) -> None:
    """The address must answer before it is printed; also wakes the web function."""
    address = f"{local_stack.cabinet_url(emulator)}/health"
    try:
        with urllib.request.urlopen(address, timeout=60):
            pass
    except (urllib.error.URLError, TimeoutError) as error:
        raise EmulatorTrouble(f"{address} does not answer: {error}; see {emulator.log}") from error


def _tell(config: dict[str, Any]) -> None:
    print(f"\n  Kontor    {config['url']}")
    for user in config["users"]:
        print(f"            {user['role']:<18} {user['email']:<32} {user['password']}")
    if config["exchange"]:
        exchange = config["exchange"]
        print(f"  1C        {exchange['url']}  {exchange['user']}  {exchange['password']}")
    print(f"  Mailbox   {config['mailbox']}")
    print(f"  AWS       {config['aws_endpoint']}  (stack {config['stack']})")
    print("\n  Stop with `make stop`; the data stays. All of this is in .local/kontor.json.\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    part.replace(path)


@contextmanager
def _one_at_a_time(say: Progress) -> Iterator[None]:
    with (LOCAL / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another `make run`")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    commands = {"up": up, "stop": stop, "reset": reset}
    say = Progress()
    try:
        commands[arguments[0]](say)
    except KeyboardInterrupt:
        print("\nStopped. `make run` goes on where it was.", file=sys.stderr)
        return 130
    except Exception as error:
        _tell_failure(say, error)
        return 1
    return 0


def _tell_failure(say: Progress, error: Exception) -> None:
    """What failed, why, and what to do; how it came to that, where nobody expected it, goes into a file."""
    step, otherwise = say.failed or ("", "")
    if step:
        print(f"\nIt failed while {step}, after {say.total()}", file=sys.stderr)
    print(f"\n{error or type(error).__name__}", file=sys.stderr)
    if not isinstance(error, EmulatorTrouble | packaging.PackagingFailed | environment.SetUpFailed | PageError):
        trace = LOCAL / "failure.txt"
        trace.parent.mkdir(exist_ok=True)
        trace.write_text("".join(traceback.format_exception(error)))
        print(f"{type(error).__name__}; how it came to that is in {trace}", file=sys.stderr)
    if otherwise and "make run" not in str(error):
        print(f"\n{otherwise}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
