"""What a function does before its first answer, and the package's size. `python -m benchmarks.cold_start [runs]`

The package is the one that AWS gets (tools/packaging.py), made first if the tree has changed. Each run is a fresh
interpreter that sees nothing but the package and imports it as Lambda does; the interpreter's own start is not
counted, nor is a first run of each that only warms the disk. Three moments are told, each from the beginning:

- "import": `import app`, what Lambda does before it hands over an event;
- "first event": that and what the first event of its kind imports. The target is for this;
- "ready": that and making the AWS clients that the event needs: botocore reads what each service can do.

On a busy machine look at the processor's time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.tables import keep_figure, print_table
from tools import packaging

_EVENT = "from chalicelib.ops import queue_handlers\nassert queue_handlers.event_handler({!r})\n"
_DUE = "from chalicelib.ops import queue_handlers\nassert queue_handlers.due_handler({!r})\n"
_MAIL = "from chalicelib.http.rendering import environment\nenvironment()\nimport babel.dates, babel.numbers\n"
_IMPORT = "import chalicelib.ops.queue_handlers, chalicelib.exchange.jobs, chalicelib.exchange.importing\n"
_QUEUES = "from chalicelib.gateways.aws import client\nclient('sqs')\n"
_TABLES = "from chalicelib.storage.session import open_directory\nopen_directory()\n"
_TENANT = _TABLES + "from chalicelib.gateways.aws import client\nclient('sts')\n"
_PAGE = """
import types
where = {"resource": "/signin", "httpMethod": "GET", "path": "/signin", "isBase64Encoded": False, "body": None}
asks = {"headers": {"host": "bench"}, "multiValueHeaders": {"host": ["bench"]}, "requestContext":
        {"httpMethod": "GET", "resourcePath": "/signin", "path": "/signin", "identity": {"sourceIp": "127.0.0.1"}}}
nothing = ["pathParameters", "queryStringParameters", "multiValueQueryStringParameters", "stageVariables"]
answer = app.app(where | asks | dict.fromkeys(nothing), types.SimpleNamespace(aws_request_id="1"))
assert answer["statusCode"] == 200, answer
"""


@dataclass(frozen=True, slots=True)
class Start:
    """A cold start of the function `app.<handler>`: programs that import what its `event` does and make its clients."""

    handler: str
    what: str
    event: str
    clients: str
    code: str = "import app"

    @property
    def target(self) -> int | None:
        """Milliseconds for everything that is imported; None where nothing is ours."""
        return {"libraries": None, "app": 500}.get(self.handler, 400)


STARTS = (
    Start("app", "a page", _PAGE, _TENANT),
    Start("publish_outbox", "an event to send", "import chalicelib.ops.workers\n", _QUEUES),
    Start("on_event", "an order, with its mail", _EVENT.format("order.submitted") + _MAIL, _TENANT + "client('ses')"),
    Start("on_event", "an invoice", _EVENT.format("invoice.issued"), _TENANT),
    Start("on_event", "an invitation, mailed", _EVENT.format("invitation.created") + _MAIL, _TENANT + "client('ses')"),
    Start("on_import", "a file of 1C", _IMPORT, _TENANT + "client('s3')"),
    Start("on_due", "a reminder", _DUE.format("reminder"), _TENANT),
    Start("on_due", "an upload that fell silent", _DUE.format("exchange"), _TENANT + "client('sqs')"),
    Start("every_minute", "the schedule", "import chalicelib.ops.workers\n", _TABLES + _QUEUES),
    Start("libraries", "what none does without", "", "", "import chalice.app, pynamodb.models, aws_lambda_powertools"),
)
_PROGRAM = """
import sys, time
folder, code, event, clients = sys.argv[1:]
sys.path[:0] = [folder]
sys.dont_write_bytecode = True
wall, own = time.perf_counter(), time.process_time()
told = []
def tell():
    told.extend([(time.perf_counter() - wall) * 1000, (time.process_time() - own) * 1000])
exec(code)
tell()
exec(event)
tell()
exec(clients)
tell()
print(*told)
"""


def main(runs: int = 5) -> None:
    archive = packaging.build(lambda _: None).archive
    taken: dict[Start, list[list[float]]] = {start: [] for start in STARTS}
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        for number in range(runs + 1):
            for start in STARTS:
                times = _milliseconds(folder, start)
                if number:
                    taken[start].append(times)
        unpacked = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    heads = ("function: first event", "import ms", "cpu", "first event ms", "cpu", "target", "ready ms", "cpu")
    print_table(f"median of {runs} fresh processes", heads, [_row(*one) for one in taken.items()])
    size, most = archive.stat().st_size / 1e6, packaging.LARGEST_ZIP / 1e6
    print(f"  package: {size:.1f} MB zipped (target ≤ {most:.0f}), {unpacked / 1e6:.0f} MB unpacked (Lambda takes 262)")
    for start, times in taken.items():
        own = median(column[3] for column in times)
        keep_figure(f"imports of {start.handler}, {start.what}", "ms of processor", own, most=start.target)
    keep_figure("package, zipped", "MB", size, most=most)


def _row(start: Start, times: list[list[float]]) -> list[str]:
    figures = [f"{median(column):.0f}" for column in zip(*times, strict=True)]
    return [f"{start.handler}: {start.what}", *figures[:4], f"≤ {start.target}" if start.target else "", *figures[4:]]


def _milliseconds(folder: str, start: Start) -> list[float]:
    """Of importing, importing with the first event, being ready; each on the clock and of the processor."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROGRAM, folder, start.code, start.event, start.clients],
        capture_output=True, text=True, cwd=folder,
        env={
            "_HANDLER": f"app.{start.handler}",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
        },
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the package does not start as app.{start.handler}:\n{done.stderr}")
    return [float(figure) for figure in done.stdout.splitlines()[-1].split()]


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
