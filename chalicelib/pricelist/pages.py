"""A dealer's page of price lists: have one made, fetch it, give a link to one's own systems."""

from __future__ import annotations

from chalicelib.catalogue.model import Category
from chalicelib.gateways.settings import settings
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, redirect
from chalicelib.kernel.access import Permission
from chalicelib.pricelist import actions
from chalicelib.pricelist.addresses import address_of
from chalicelib.pricelist.model import PDF_UP_TO, Format, PriceList, Wish

doors = Doors(__name__)
_MAY = Permission.PRICE_LISTS
_MAY_LINK = Permission.ORDER_PLACE
_PAGE = "/price-lists"
_DEEPEST_OFFERED = 2


@doors.page(_PAGE, may=_MAY)
def price_lists(request: Request) -> Response:
    return _page(request)


@doors.page(_PAGE, may=_MAY, methods=("POST",))
def ask(request: Request) -> Response:
    chosen = request.form.text("format")
    wish = Wish(
        format=Format(chosen) if chosen in tuple(Format) else Format.XLSX,
        locale=request.locale,
        category_id=request.form.text("category"),
    )
    actions.ask(request.db, request.actor, request.person.contract_id, wish, request.idempotency_key, request.now)
    return request.go(_PAGE)


@doors.page("/price-lists/{price_list_id}", may=_MAY)
def fetch(request: Request) -> Response:
    one, number = actions.fetch(request.db, request.actor, request.person.contract_id, request.params["price_list_id"])
    return redirect(address_of(request.db.tenant_id, one, number))


@doors.page("/price-lists/link", may=_MAY_LINK, methods=("POST",))
def make_link(request: Request) -> Response:
    """The page with the new address on it: the only time that it is shown."""
    token = actions.make_link(request.db, request.actor, request.person.contract_id, request.locale, request.now)
    return _page(request, address=f"{settings().public_url}/price-list/{token}")


@doors.page("/price-lists/link/revoke", may=_MAY_LINK, methods=("POST",))
def revoke_link(request: Request) -> Response:
    actions.revoke_link(request.db, request.actor, request.person.contract_id, request.now)
    return request.go(_PAGE, notice="price_link_revoked")


def _page(request: Request, *, address: str = "") -> Response:
    if request.person.contract_id is None:
        return request.page("pricelist/no_contract.html")
    desk = actions.look(request.db, request.actor, request.person.contract_id, request.now)
    chosen = request.query.text("category")
    return request.page(
        "pricelist/price_lists.html",
        desk=desk,
        formats=tuple((str(one), request.t.t(f"pricelist.format.{one}", limit=PDF_UP_TO)) for one in Format),
        categories=_offered(request, desk.categories or (), chosen),
        chosen=chosen,
        made=tuple((one, _about(request, one), one.is_alive(request.now)) for one in desk.lists),
        is_making=any(one.is_alive(request.now) for one in desk.lists),
        may_link=request.actor.may(_MAY_LINK),
        address=address,
    )


def _offered(request: Request, categories: tuple[Category, ...], chosen: str) -> tuple[tuple[str, str], ...]:
    """The upper levels of the tree, and the category that the reader comes from."""
    return (
        ("", request.t.t("pricelist.everything")),
        *(
            (one.id, "\N{EM SPACE}" * (one.depth - 1) + f"{one.name} · {one.count}")
            for one in categories
            if one.depth <= _DEEPEST_OFFERED or one.id == chosen
        ),
    )


def _about(request: Request, one: PriceList) -> str:
    """`XLSX · 20.11.2026, 12:05 · 150 000 lines · 9 MB`."""
    fmt, t = Formats(request.locale, request.time_zone), request.t.t
    parts = [one.wish.format.upper(), one.wish.locale.upper(), fmt.datetime(one.asked)]
    if one.is_done:
        parts += [t("pricelist.lines", count=one.done), t("pricelist.kilobytes", count=-(-one.bytes // 1024))]
    return " · ".join(parts)
