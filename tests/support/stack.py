"""The packaged stack for tests: the zip and template of `chalice package`, deployed to an embedded cloud of its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support import run
from tools import environment, local_stack, packaging
from tools.embedded import Emulator, free_port


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack. `outputs` are the template's; nothing is seeded."""

    emulator: Emulator
    outputs: dict[str, str]

    @property
    def url(self) -> str:
        """The cabinet's address, without a slash at the end."""
        return local_stack.cabinet_url(self.emulator)

    @property
    def aws_endpoint(self) -> str:
        return self.emulator.endpoint

    def client(self, service: str) -> Any:
        """An AWS client of the embedded cloud with all rights."""
        return local_stack.client(self.emulator, service)

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Mails sent so far, oldest first, as MiniStack shows them; `to` filters by reader."""
        answer = requests.get(f"{self.aws_endpoint}/_ministack/ses/messages", timeout=10).json()["messages"]
        mails = sorted((mail for mails in answer.values() for mail in mails), key=lambda mail: mail["Timestamp"])
        return [mail for mail in mails if to is None or to in mail["To"]]

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Run a function (`OnDue`, `EveryMinute`, …) with an event; its answer. An error in it is raised."""
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs[f"{function}Name"], Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise AssertionError(f"{function} failed: {payload}")
        return payload

    def every_minute(self) -> None:
        """What the schedule does once a minute, now."""
        self.invoke(
            "EveryMinute",
            {
                "version": "0",
                "id": "test",
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": "000000000000",
                "time": "2026-01-01T00:00:00Z",
                "region": "eu-central-1",
                "resources": [],
                "detail": {},
            },
        )


def deployed() -> Stack:
    """The run's stack, deployed by whoever asks first."""
    noted = run.once("stack", _deploy)
    return Stack(Emulator(Path(noted["folder"]), noted["port"]), noted["outputs"])


def _deploy() -> dict[str, Any]:
    environment.ensure("emulator")
    package = packaging.build()
    folder = run.folder() / "cloud"
    folder.mkdir(exist_ok=True)
    emulator = Emulator(folder, free_port())
    emulator.start()
    return {
        "folder": str(folder),
        "port": emulator.port,
        "outputs": local_stack.deploy(emulator, package),
    }
