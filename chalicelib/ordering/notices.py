"""Who is told by mail of what happened to an order, and what the mail says."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.identity.model import User
from chalicelib.identity.store import staff, user_key, user_of
from chalicelib.kernel.access import Role
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Event
from chalicelib.network.store import load_party, load_segments
from chalicelib.ordering import store
from chalicelib.ordering.lines import LineChange, difference
from chalicelib.ordering.model import Happening, Order
from chalicelib.ordering.states import Side
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.showing import is_exact
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings

# Event → the mail's kind for the manufacturer's people, and for the dealer's person who placed the order.
_FOR_STAFF = {
    "order.submitted": "submitted",
    "order.answered": "answered",
    "order.edited": "edited",
    "order.cancelled": "withdrawn",
    "order.short": "short",
}
_FOR_DEALER = {
    "order.confirmed": "confirmed",
    "order.changed": "changed",
    "order.refused": "refused",
    "order.delayed": "delayed",
    "order.reordered": "reordered",
    "order.cancelled": "refused",
}

_OF_ARRIVALS = ("short", "delayed", "reordered")
_BY_DEALER = frozenset(_FOR_STAFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMail:
    """A mail about an order: its text is `ordering.mail.<kind>`. `said` = a comment or reason, as it was typed;
    `about` = what became of goods on their way; `exact` = the readers may be told how much of the stock that is."""

    kind: str
    order: Order
    settings: TenantSettings
    readers: tuple[User, ...]
    exact: bool
    said: str = ""
    changes: tuple[LineChange, ...] = ()
    about: Happening | None = None


def mail_about(db: TenantSession, event: Event) -> OrderMail | None:
    """The mail of an event; None when nobody is told by mail, or the order is gone."""
    try:
        file = store.load_order(db, event.data["order"])
    except NotFound:
        return None
    by_dealer = event.name in _BY_DEALER and event.data.get("by") != Side.ERP
    kind = (_FOR_STAFF if by_dealer else _FOR_DEALER).get(event.name)
    if kind is None:
        return None
    of_arrivals = kind in _OF_ARRIVALS
    return OrderMail(
        kind=kind,
        order=file.order,
        settings=load_settings(db),
        readers=_managers(db) if by_dealer else _dealer(db, file.order),
        said=_said(file, event),
        changes=_changes(file, event) if kind in ("changed", "edited") else (),
        about=next((one for one in file.happenings if one.id == event.data.get("happening")), None),
        exact=by_dealer or (of_arrivals and _is_told_exactly(db, file.order)),
    )


def _is_told_exactly(db: TenantSession, order: Order) -> bool:
    return is_exact(load_segments(db).group_of(load_party(db, order.party_id)))


def _dealer(db: TenantSession, order: Order) -> tuple[User, ...]:
    """The person who placed the order."""
    record = db.get(user_key(db.tenant_id, order.placed_by, order.party_id))
    person = user_of(record) if record else None
    return (person,) if person is not None and person.active else ()


def _managers(db: TenantSession) -> tuple[User, ...]:
    """The sales managers; the owners where there are none."""
    people = [person for person in map(user_of, staff(db)) if person.active]
    managers = [person for person in people if person.role is Role.SALES_MANAGER]
    return tuple(managers or [person for person in people if person.role is Role.OWNER])


def _said(file: OrderFile, event: Event) -> str:
    """The comment of what the event tells of: the history's entry of the same moment."""
    return next((one.comment for one in file.happenings if one.at == event.at and one.comment), "")


def _changes(file: OrderFile, event: Event) -> tuple[LineChange, ...]:
    edition = next((one.edition for one in file.happenings if one.at == event.at and one.edition), 0)
    if edition - 1 not in file.editions or edition not in file.editions:
        return ()
    return difference(file.editions[edition - 1], file.editions[edition])
