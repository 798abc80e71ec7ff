"""What a dealer's people, and their own systems, do with price lists."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.catalogue.model import Category
from chalicelib.catalogue.store import current_catalogue
from chalicelib.identity.throttle import Limit, take
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import fingerprint, new_id, new_secret, stable_id
from chalicelib.network.store import contract_from, load_contract, party_from
from chalicelib.pricelist import store
from chalicelib.pricelist.model import LINKED, PDF_UP_TO, Format, Link, PriceList, Wish
from chalicelib.storage import keys, worker
from chalicelib.storage.session import TenantSession, TransactionRefused, find_tenant, open_directory
from chalicelib.storage.writes import Put, audit

_LANES = 4
"""How many price lists of a tenant are made side by side."""
_READS = Limit(scope="price-list", most=60, span=timedelta(minutes=15))  # of one link


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the page of price lists shows. `categories` None: there is no catalogue yet."""

    contract_number: str
    lists: tuple[PriceList, ...]
    link: Link | None
    categories: tuple[Category, ...] | None


def look(db: TenantSession, actor: Actor, contract_id: str | None, now: datetime) -> Desk:
    """NotFound without a contract, and for another counterparty's."""
    if actor.party_id is None or contract_id is None:
        raise NotFound()
    contract = load_contract(db, actor.party_id, contract_id)
    catalogue = current_catalogue(db, actor.party_id, now)
    return Desk(
        contract_number=contract.number,
        lists=tuple(store.asked_for(db, contract_id)),
        link=store.link_of(db, contract_id),
        categories=None if catalogue is None else catalogue.categories(),
    )


def ask(db: TenantSession, actor: Actor, contract_id: str | None, wish: Wish, once: str, now: datetime) -> PriceList:
    """Has the file made. The same form again, and the same wish while its file is being made, is the same file.

    Refused before the first import, and for a PDF of more lines than it may have; NotFound for a category that is not
    there.
    """
    if actor.party_id is None or contract_id is None:
        raise NotFound()
    load_contract(db, actor.party_id, contract_id)
    return _ask(db, actor.party_id, contract_id, wish, stable_id("once", once), now)


def _ask(db: TenantSession, party_id: str, contract_id: str, wish: Wish, run: str, now: datetime) -> PriceList:
    catalogue = current_catalogue(db, party_id, now)
    if catalogue is None:
        raise Refused("no_catalogue")
    path = catalogue.category_path(wish.category_id) if wish.category_id else ()
    if wish.category_id and not path:
        raise NotFound()
    total = catalogue.count(wish.category_id)
    if wish.format is Format.PDF and total > PDF_UP_TO:
        raise Refused("price_list_too_long", limit=PDF_UP_TO, total=total)
    before = store.find(db, contract_id, wish.id)
    if before is not None and (before.run == run or before.is_alive(now)):
        return before
    asked = PriceList(
        party_id=party_id,
        contract_id=contract_id,
        wish=wish,
        run=run,
        asked=now,
        touched=now,
        category_name=path[-1].name if path else "",
        total=total,
        version=before.version if before else 0,
    )
    try:
        db.commit([store.put(db.tenant_id, asked)])
    except TransactionRefused:  # somebody else has just asked for it
        return store.find(db, contract_id, wish.id) or asked
    lane = worker.lane("price-lists", contract_id, _LANES)
    about = {"contract": contract_id, "list": asked.id, "run": run}
    worker.send(db.tenant_id, "price_list", dedup=run, lane=lane, **about)
    return replace(asked, version=asked.version + 1)


def fetch(db: TenantSession, actor: Actor, contract_id: str | None, list_id: str) -> tuple[PriceList, str]:
    """A file that is ready, and its contract's number; NotFound for any other, and for other contracts' ones."""
    if actor.party_id is None or contract_id is None:
        raise NotFound()
    one = store.find(db, contract_id, list_id)
    if one is None or not one.is_done or one.party_id != actor.party_id:
        raise NotFound()
    return one, load_contract(db, actor.party_id, contract_id).number


def make_link(db: TenantSession, actor: Actor, contract_id: str | None, locale: str, now: datetime) -> str:
    """A new permanent link, in place of the one before, which ends at once. Its token is told once and not kept."""
    if actor.party_id is None or contract_id is None:
        raise NotFound()
    load_contract(db, actor.party_id, contract_id)
    secret = new_secret()
    link = Link(
        party_id=actor.party_id,
        contract_id=contract_id,
        digest=fingerprint(secret),
        locale=locale,
        made=now,
        made_by=actor.name,
    )
    db.commit([store.link_put(db.tenant_id, link), _audit(db, actor, contract_id, "price_link_made", now)])
    return f"{db.tenant_id}.{contract_id}.{secret}"


def revoke_link(db: TenantSession, actor: Actor, contract_id: str | None, now: datetime) -> None:
    """The link answers 404 from now on."""
    if actor.party_id is None or contract_id is None:
        raise NotFound()
    load_contract(db, actor.party_id, contract_id)
    db.commit([store.link_delete(db.tenant_id, contract_id), _audit(db, actor, contract_id, "price_link_revoked", now)])


def _audit(db: TenantSession, actor: Actor, contract_id: str, action: str, now: datetime) -> Put:
    return audit(
        db.tenant_id,
        f"party/{actor.party_id}",
        action=action,
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail={"contract": contract_id},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a link leads to: the file, if it is ready and fresh enough, else one that is being made now."""

    tenant_id: str
    contract_number: str
    one: PriceList
    is_ready: bool


def by_link(name: str, now: datetime) -> Served:
    """What the permanent link's file name, `<token>.csv` or `.xlsx`, leads to. One that is too old is made again.

    NotFound for a token that was never given or is revoked, and while the contract or the dealer is blocked;
    TooMany for more than 60 requests in 15 minutes.
    """
    token, _, ending = name.rpartition(".")
    tenant_id, _, rest = token.partition(".")
    contract_id, _, secret = rest.partition(".")
    if ending not in LINKED or not secret:
        raise NotFound()
    db = find_tenant(tenant_id)
    link = store.link_of(db, contract_id) if db else None
    if db is None or link is None or not hmac.compare_digest(link.digest, fingerprint(secret)):
        raise NotFound()
    contract_key = keys.contract(tenant_id, link.party_id, contract_id)
    party_key = keys.party_profile(tenant_id, link.party_id)
    rows = db.get_many([contract_key, party_key])
    if contract_key not in rows or party_key not in rows:
        raise NotFound()
    contract, party = contract_from(rows[contract_key]), party_from(rows[party_key])
    if contract.blocked or party.blocked:
        raise NotFound()
    take(open_directory(), _READS, f"{tenant_id}/{contract_id}", now)
    wish = Wish(format=Format(ending), locale=link.locale)
    one = store.find(db, contract_id, wish.id)
    if one is None or not one.is_fresh(now):
        one = _ask(db, link.party_id, contract_id, wish, new_id(now), now)
    return Served(
        tenant_id=tenant_id,
        contract_number=contract.number,
        one=one,
        is_ready=one.is_done,
    )
