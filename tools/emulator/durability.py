"""What must survive `kill -9` of the emulator, and how.

- DynamoDB items and SQS messages: every change goes into a journal before the request is answered.
- Cognito: its whole state (small) is written before a changing request is answered.
- Mails sent: appended to a file; MiniStack itself keeps them in memory only.
- S3 objects: MiniStack writes them at once.
- Everything else (stack, functions, roles) changes by a deployment, which ends with a snapshot.
  Apart from that a snapshot is taken every few minutes of use, when the journal has grown, and at
  a clean stop.

During a deployment snapshots are held back: a killed one leaves the state from before it.
All this runs in the server's thread, between requests, so that a snapshot is one moment's state.
"""

import contextlib
import functools
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import queues
from journal import Change, Journal

logger = logging.getLogger("kontor.durability")

SNAPSHOT_SECONDS = 300.0
JOURNAL_LIMIT = 16_000_000  # bytes after which a snapshot is cheaper than replaying
_READING = ("Get", "List", "Describe", "AdminGet", "AdminList")

Response = tuple[int, dict[str, str], Any]
Handler = Callable[..., Awaitable[Response]]


class Durability:
    """Hooks MiniStack's services and keeps their state in `folder` up to date."""

    def __init__(self, application: Any, folder: Path) -> None:
        self._application = application
        self._folder = folder
        self._journal = Journal(folder)
        self._held = False
        self._requests = 0
        self._saved_requests = 0
        self._saved_at = time.monotonic()
        self._mails = folder / "mails.jsonl"
        self._mails_written = 0
        self._mail_source: str | bytes | None = None
        self._save_all = application.save_all
        self._module = application._get_module

    def install(self) -> None:
        """Hook the services; call before MiniStack starts serving."""
        self._server = threading.get_ident()
        self._hook_dynamodb(self._module("dynamodb"))
        self._hook_queues(self._module("sqs"))
        self._hook_passwords(self._module("cognito"))
        for name in ("ses", "ses_v2"):
            self._hook_mail(self._module(name))
        load = self._application._load_persisted_state

        def load_everything() -> None:
            load()
            self._restore()

        self._application._load_persisted_state = load_everything
        self._application.save_all = lambda _: self.snapshot()  # MiniStack's own, at a clean stop
        threading.Thread(target=self._keep_saving, daemon=True, name="snapshots").start()

    def seen_request(self) -> None:
        """There was traffic: the next regular snapshot is not superfluous."""
        self._requests += 1

    def status(self) -> dict[str, Any]:
        """For people and tests: size of the journal, whether snapshots are held."""
        return {"journal_bytes": self._journal.size, "held": self._held, "mails": self._mails_written}

    def hold(self) -> None:
        """Take no snapshot until `snapshot` is called: a deployment begins."""
        self._held = True

    def snapshot(self) -> None:
        """Write the state of all services and shorten the journal. Only in the server's thread."""
        self._held = False
        segment = self._journal.begin_segment()
        services = self._application._build_persistence_save_dict()
        # Threads of MiniStack's own touch these two: hold them off for the moment of the copy.
        with self._module("dynamodb")._lock, self._module("sqs")._queues_lock:
            journaled = {name: self._module(name).get_state() for name in ("dynamodb", "sqs")}
        began = time.time()
        self._save_all({**services, **{name: functools.partial(_same, state) for name, state in journaled.items()}})
        # MiniStack reports a failed save in its log only: look, before the journal is cut.
        if all((self._folder / f"{name}.json").stat().st_mtime >= began - 1 for name in journaled):
            self._journal.forget_before(segment)
        self._saved_requests = self._requests
        self._saved_at = time.monotonic()

    def _keep_saving(self) -> None:
        while True:
            time.sleep(5)
            loop = self._application._MAIN_LOOP
            grown = self._journal.size > JOURNAL_LIMIT
            late = time.monotonic() - self._saved_at > SNAPSHOT_SECONDS and self._requests > self._saved_requests
            if loop is not None and (grown or late):
                loop.call_soon_threadsafe(self._regular_snapshot)

    def _regular_snapshot(self) -> None:
        if not self._held:
            self.snapshot()

    def _restore(self) -> None:
        lines = self._journal.replay(self._apply)
        if lines:
            logger.warning("%d changes restored from the journal", lines)
        queues.give_out_again(self._module("sqs"))
        self._restore_mails()
        self.snapshot()

    def _apply(self, change: Change) -> None:
        kind, arn, *rest = change
        if kind == "item":
            pk, sk, item = rest
            _, _, _, region, account, resource = arn.split(":", 5)
            table = self._module("dynamodb")._tables.get_scoped(account, region, resource.split("/", 1)[1])
            if table is None:
                logger.warning("the journal names %s, which does not exist", arn)
            elif item is None:
                self._remove_item(table, pk, sk)
            else:
                self._set_item(table, pk, sk, item)
        elif kind == "sent":
            queues.add_again(self._module("sqs"), arn, *rest)
        elif kind == "gone":
            queues.remove_again(self._module("sqs"), arn, *rest)

    # -- DynamoDB ---------------------------------------------------------------------------

    def _hook_dynamodb(self, dynamodb: Any) -> None:
        set_item, remove_item = dynamodb._set_item, dynamodb._remove_item

        def note(table: Any, pk: str, sk: str, item: dict[str, Any] | None) -> None:
            change = ("item", table["TableArn"], pk, sk, item)
            if threading.get_ident() == self._server:
                self._journal.add(change)
            else:  # expiry has a thread of its own
                self._journal.write([change])

        @functools.wraps(set_item)
        def set_and_note(table: Any, pk: str, sk: str, item: dict[str, Any]) -> Any:
            note(table, pk, sk, item)
            return set_item(table, pk, sk, item)

        @functools.wraps(remove_item)
        def remove_and_note(table: Any, pk: str, sk: str) -> Any:
            note(table, pk, sk, None)
            return remove_item(table, pk, sk)

        self._set_item, self._remove_item = set_item, remove_item
        dynamodb._set_item, dynamodb._remove_item = set_and_note, remove_and_note
        dynamodb.handle_request = self._after(dynamodb.handle_request, self._journal.commit)

    # -- queues -----------------------------------------------------------------------------

    def _hook_queues(self, sqs: Any) -> None:
        def changes(arn: str, added: list[dict[str, Any]], removed: list[str]) -> list[Change]:
            return [("sent", arn, added)] * bool(added) + [("gone", arn, removed)] * bool(removed)

        def note(arn: str, added: list[dict[str, Any]], removed: list[str]) -> None:
            self._journal.write(changes(arn, added, removed))

        queues.hook(sqs, note, lambda: self._save_now("sqs"))

    # -- passwords --------------------------------------------------------------------------

    def _hook_passwords(self, cognito: Any) -> None:
        original = cognito.handle_request

        @functools.wraps(original)
        async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
            response: Response = await original(method, path, headers, body, query)
            action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
            if response[0] < 400 and not action.startswith(_READING):
                self._save_now("cognito")
            return response

        cognito.handle_request = handle

    def _save_now(self, name: str) -> None:
        if self._held:
            return
        lock = self._module("sqs")._queues_lock if name == "sqs" else contextlib.nullcontext()
        with lock:
            state = self._module(name).get_state()
        self._save_all({name: lambda: state})

    # -- mails ------------------------------------------------------------------------------

    def sent_mails(self) -> list[dict[str, Any]]:
        """MiniStack's records of the mails sent, oldest first."""
        stores = self._module("ses")._sent_emails
        mails = [mail for key, mails in stores.all_items() if key[-1] == "entries" for mail in mails]
        return sorted(mails, key=lambda mail: float(mail["Timestamp"]))

    def _hook_mail(self, service: Any) -> None:
        parse = service._parse_raw_mime

        @functools.wraps(parse)
        def parse_and_note(source: Any) -> Any:
            self._mail_source = source
            return parse(source)

        service._parse_raw_mime = parse_and_note  # MiniStack itself forgets attachments
        service.handle_request = self._after(service.handle_request, self._keep_new_mails)

    def _keep_new_mails(self) -> None:
        mails = self.sent_mails()
        new = mails[self._mails_written :]
        source, self._mail_source = self._mail_source, None
        if not new:
            return
        if source is not None:
            new[-1]["RawSource"] = source if isinstance(source, str) else source.decode("ascii")
        with self._mails.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(mail, ensure_ascii=False, default=str) + "\n" for mail in new)
        self._mails_written = len(mails)

    def _restore_mails(self) -> None:
        if self._mails.exists():
            lines = self._mails.read_text(encoding="utf-8").split("\n")[:-1]
            self._module("ses")._sent_emails_list().extend(json.loads(line) for line in lines)
        self._mails_written = len(self.sent_mails())

    @staticmethod
    def _after(original: Handler, then: Callable[[], None]) -> Handler:
        @functools.wraps(original)
        async def handle(*arguments: Any, **named: Any) -> Response:
            response = await original(*arguments, **named)
            then()
            return response

        return handle


def _same(state: Any) -> Any:
    return state
