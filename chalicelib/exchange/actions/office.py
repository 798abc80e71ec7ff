"""The exchange as its owner sees and sets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.exchange import store
from chalicelib.exchange.actions import ending
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry, Rejected
from chalicelib.gateways.settings import settings as environment
from chalicelib.identity import machines
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Invalid, NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.storage.session import TenantSession, open_directory
from chalicelib.storage.writes import audit
from chalicelib.tenancy.model import (
    Charset,
    ExchangeSettings,
    InvoiceSource,
    OrderStructure,
    StockKind,
    TenantSettings,
)
from chalicelib.tenancy.store import load_settings, settings_of, settings_record, settings_write

SCRIPT = "/1c_exchange.php"
_PAGE = 50
_READS = 6  # pages of the journal that are looked through for one page of a view
_SUBJECT = "exchange"
_CHOICES: dict[str, type[StrEnum]] = {
    "charset": Charset,
    "structure": OrderStructure,
    "stock_kind": StockKind,
    "invoices": InvoiceSource,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What a person types into 1C. `password_changed` None: there is no password yet."""

    address: str
    login: str
    password_changed: datetime | None
    settings: TenantSettings


@dataclass(frozen=True, slots=True)
class JournalPage:
    entries: tuple[JournalEntry, ...]
    next: str | None


def connection(db: TenantSession) -> Connection:
    machine = machines.find(open_directory(), db.tenant_id)
    return Connection(
        address=environment().public_url + SCRIPT,
        login=machines.login_name(db.tenant_id),
        password_changed=machine.changed if machine else None,
        settings=load_settings(db),
    )


def rotate_password(db: TenantSession, actor: Actor, now: datetime) -> tuple[str, str]:
    """A new login and password for 1C; the old password and its sessions end at once. Shown once, kept nowhere."""
    login, password = machines.rotate(open_directory(), db.tenant_id, now=now)
    entry = JournalEntry(
        id=new_id(now), kind=EntryKind.SETTINGS, direction=None, state=EntryState.DONE, at=now, finished=now
    )
    note = audit(
        db.tenant_id,
        _SUBJECT,
        action="password_changed",
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail={"login": login},
    )
    db.commit([store.entry_put(db.tenant_id, entry), note])
    return login, password


def change_settings(db: TenantSession, actor: Actor, typed: Mapping[str, str], now: datetime) -> ExchangeSettings:
    """How the tenant's 1C speaks; Invalid names what is wrong. The same form again changes nothing."""
    record = settings_record(db)
    before = settings_of(record)
    after = _typed(typed)
    if after != before.exchange:
        note = audit(
            db.tenant_id,
            _SUBJECT,
            action="settings_changed",
            actor_id=actor.user_id,
            at=now,
            entry_id=new_id(now),
            detail={"before": str(before.exchange), "after": str(after)},
        )
        db.commit([settings_write(replace(before, exchange=after), record.version), note])
    return after


def _typed(typed: Mapping[str, str]) -> ExchangeSettings:
    wrong: dict[str, Complaint] = {}
    choices: dict[str, str] = {}
    for name, kind in _CHOICES.items():
        choices[name] = typed.get(name, "")
        if choices[name] not in tuple(kind):
            wrong[name] = Complaint(code="required")
    organisation = " ".join(typed.get("organisation", "").split())
    if len(organisation) > 200:
        wrong["organisation"] = Complaint(code="exchange_organisation")
    if wrong:
        raise Invalid(fields=wrong)
    charset = Charset(choices["charset"])
    return ExchangeSettings(
        charset=charset,
        byte_order_mark=charset is Charset.UTF_8 and typed.get("byte_order_mark") == "1",
        structure=OrderStructure(choices["structure"]),
        stock_kind=StockKind(choices["stock_kind"]),
        invoices=InvoiceSource(choices["invoices"]),
        organisation=organisation,
    )


def journal(db: TenantSession, *, view: str, month: str, after: str | None) -> JournalPage:
    """A page of the month's journal, newest first. `view`: "" everything, "files", "problems"."""
    found: list[JournalEntry] = []
    position = after
    for _ in range(_READS):
        entries, position = store.journal_page(db, month, after=position, limit=_PAGE)
        found += [entry for entry in entries if _is_in(entry, view)]
        if position is None or len(found) >= _PAGE // 2:
            break
    return JournalPage(tuple(found), position)


def _is_in(entry: JournalEntry, view: str) -> bool:
    if view == "files":
        return entry.kind not in (EntryKind.SESSION, EntryKind.SETTINGS)
    if view == "problems":
        return entry.state in (EntryState.PARTLY, EntryState.FAILED)
    return True


def journal_entry(db: TenantSession, entry_id: str) -> tuple[JournalEntry, tuple[Rejected, ...]]:
    """An entry and the rows that were not taken; NotFound when there is none."""
    return store.load_entry(db, entry_id), store.load_rejected(db, entry_id)


def withdraw_after_all(db: TenantSession, actor: Actor, entry_id: str, now: datetime) -> None:
    """A person confirms a withdrawal that was withheld because it looked like a broken exchange.

    Refused("exchange_newer_run") when 1C has sent other files since, or "version_changed_since" when an earlier version
    of the catalogue came in force: what is missing is another question then.
    """
    entry = store.load_entry(db, entry_id)
    run = store.load_state(db).run
    if entry.kind is not EntryKind.RUN or entry.state is not EntryState.WAITING:
        raise NotFound()
    if run is None:
        raise Refused("version_changed_since")
    if run.id != entry.name:
        raise Refused("exchange_newer_run")
    note = audit(
        db.tenant_id,
        _SUBJECT,
        action="withdrawal_confirmed",
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail=dict(entry.params),
    )
    done = replace(entry, state=EntryState.DONE, finished=now)
    db.commit([store.entry_put(db.tenant_id, done), note])
    ending.ask_to_end(db, run_id=entry.name, said="deactivate", now=now)
