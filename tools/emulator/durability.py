"""What must survive `kill -9` of the emulator, and how.

- DynamoDB: every change goes into a journal before the request is answered (journal.py).
- SQS, Cognito: their whole state (small) is written before a changing request is answered.
- Mails sent: appended to a file; MiniStack itself keeps them in memory only.
- S3 objects: MiniStack writes them at once.
- Everything else (stack, functions, roles, logs) changes by a deployment, which ends with a
  snapshot. In between, a snapshot is taken every few seconds when there was traffic.

During a deployment snapshots are held back: a killed one leaves the state from before it.
"""

import functools
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from journal import Change, Journal

logger = logging.getLogger("kontor.durability")

SNAPSHOT_SECONDS = 3.0
JOURNAL_LIMIT = 16_000_000  # bytes after which a snapshot of DynamoDB is cheaper than replaying
_READING = ("Get", "List", "Describe", "Receive", "ChangeMessageVisibility", "AdminGet", "AdminList")

Response = tuple[int, dict[str, str], Any]
Handler = Callable[..., Awaitable[Response]]


class Durability:
    """Hooks MiniStack's services and keeps their state in `folder` up to date."""

    def __init__(self, application: Any, folder: Path) -> None:
        self._application = application
        self._folder = folder
        self._journal = Journal(folder)
        self._saving = threading.RLock()
        self._held = False
        self._requests = 0
        self._saved_requests = 0
        self._mails = folder / "mails.jsonl"
        self._mails_written = 0
        self._mail_source: str | bytes | None = None
        self._save_all = application.save_all

    def install(self) -> None:
        """Hook the services; call before MiniStack starts serving."""
        module = self._application._get_module
        self._hook_dynamodb(module("dynamodb"))
        for key, name in (("sqs", "sqs"), ("cognito", "cognito")):
            self._write_through(key, module(name))
        for name in ("ses", "ses_v2"):
            self._hook_mail(module(name))
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
        """Write the state of all services, DynamoDB included, and shorten the journal."""
        with self._saving:
            self._held = False
            segment = self._journal.begin_segment()
            self._save_all(self._application._build_persistence_save_dict())
            self._journal.forget_before(segment)
            self._saved_requests = self._requests

    def _keep_saving(self) -> None:
        while True:
            time.sleep(SNAPSHOT_SECONDS)
            if self._held or self._requests == self._saved_requests:
                continue
            try:
                self._regular_save()
            except Exception:  # the next round tries again; the journal is not touched
                logger.exception("snapshot failed")

    def _regular_save(self) -> None:
        if self._journal.size > JOURNAL_LIMIT:
            self.snapshot()
            return
        with self._saving:
            if self._held:
                return
            self._saved_requests = self._requests
            services = self._application._build_persistence_save_dict()
            for costly in ("dynamodb", "cloudwatch_logs"):  # journaled; and large, of little value
                services.pop(costly, None)
            self._save_all(services)

    # -- DynamoDB ---------------------------------------------------------------------------

    def _hook_dynamodb(self, dynamodb: Any) -> None:
        set_item, remove_item = dynamodb._set_item, dynamodb._remove_item

        @functools.wraps(set_item)
        def set_and_note(table: Any, pk: str, sk: str, item: dict[str, Any]) -> Any:
            self._journal.add((table["TableArn"], pk, sk, item))
            return set_item(table, pk, sk, item)

        @functools.wraps(remove_item)
        def remove_and_note(table: Any, pk: str, sk: str) -> Any:
            self._journal.add((table["TableArn"], pk, sk, None))
            return remove_item(table, pk, sk)

        self._set_item, self._remove_item = set_item, remove_item
        dynamodb._set_item, dynamodb._remove_item = set_and_note, remove_and_note
        dynamodb.handle_request = self._after(dynamodb.handle_request, self._journal.commit)
        self._tables = dynamodb._tables

    def _restore(self) -> None:
        missing: set[str] = set()

        def apply(change: Change) -> None:
            arn, pk, sk, item = change
            _, _, _, region, account, resource = arn.split(":", 5)
            table = self._tables.get_scoped(account, region, resource.split("/", 1)[1])
            if table is None:
                missing.add(arn)
            elif item is None:
                self._remove_item(table, pk, sk)
            else:
                self._set_item(table, pk, sk, item)

        requests = self._journal.replay(apply)
        if requests:
            logger.warning("%d DynamoDB writes restored from the journal", requests)
        for arn in sorted(missing):
            logger.warning("the journal names %s, which does not exist: its changes are left out", arn)
        self._release_received_messages()
        self._restore_mails()
        self.snapshot()

    # -- queues and passwords ---------------------------------------------------------------

    def _write_through(self, key: str, service: Any) -> None:
        original = service.handle_request

        @functools.wraps(original)
        async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
            response: Response = await original(method, path, headers, body, query)
            action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
            if response[0] < 400 and not action.startswith(_READING) and not self._held:
                with self._saving:
                    self._save_all({key: service.get_state})
            return response

        service.handle_request = handle

    def _release_received_messages(self) -> None:
        """Whoever had received a message died with the emulator: let it be delivered again now."""
        now = time.time()
        for queue in self._application._get_module("sqs")._queues.all_values():
            for message in queue.get("messages", []):
                if message.get("receive_count", 0) and message.get("visible_at", 0) > now:
                    message["visible_at"] = now

    # -- mails ------------------------------------------------------------------------------

    def _hook_mail(self, service: Any) -> None:
        parse = service._parse_raw_mime

        @functools.wraps(parse)
        def parse_and_note(source: Any) -> Any:
            self._mail_source = source
            return parse(source)

        service._parse_raw_mime = parse_and_note  # MiniStack itself forgets attachments
        service.handle_request = self._after(service.handle_request, self._keep_new_mails)

    def sent_mails(self) -> list[dict[str, Any]]:
        """MiniStack's records of the mails sent, oldest first."""
        stores = self._application._get_module("ses")._sent_emails
        mails = [mail for key, mails in stores.all_items() if key[-1] == "entries" for mail in mails]
        return sorted(mails, key=lambda mail: mail["Timestamp"])

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
            self._application._get_module("ses")._sent_emails_list().extend(json.loads(line) for line in lines)
        self._mails_written = len(self.sent_mails())

    @staticmethod
    def _after(original: Handler, then: Callable[[], None]) -> Handler:
        @functools.wraps(original)
        async def handle(*arguments: Any, **named: Any) -> Response:
            response = await original(*arguments, **named)
            then()
            return response

        return handle
