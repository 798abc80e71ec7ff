"""The cart: filling, quick order, checkout."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlencode

from chalicelib.http.problems import field_errors, sentence
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.model import local_path
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Complaint, Invalid, KontorError, Refused
from chalicelib.ordering import actions
from chalicelib.ordering.actions import NewOrder, Pick
from chalicelib.ordering.actions.cart_view import Companion, ShownCart, ShownLine
from chalicelib.ordering.cover import is_early
from chalicelib.ordering.hindrances import shortage
from chalicelib.ordering.pages.base import PLACE, GoodsRow, a_date, complaints_of, day_of, doors, due_text, formats
from chalicelib.ordering.pages.quantities import field_of, retyped, typed_quantities
from chalicelib.ordering.quickorder import Pasted, number_of
from chalicelib.ordering.words import cover_texts, lacking_text, lead_text
from chalicelib.stock.showing import Amount, is_there
from chalicelib.stock.words import stock_text


@doors.page("/cart", may=PLACE)
def cart_page(request: Request) -> Response:
    return _show(request)


@doors.page("/cart/add", may=PLACE, methods=("POST",))
def cart_add(request: Request) -> Response:
    form = request.form
    contract_id, once = request.person.contract_id, request.idempotency_key
    try:
        quantity = _quantity(form.text("quantity") or "1")
        actions.add_to_cart(request.db, request.actor, contract_id, form.text("sku"), quantity, request.now, once=once)
    except Invalid as refusal:
        return _show(request, refusal)
    return request.go(local_path(form.text("back", "/cart")), notice="added_to_cart")


@doors.page("/cart/change", may=PLACE, methods=("POST",))
def cart_change(request: Request) -> Response:
    try:
        quantities = typed_quantities(request.form)
        actions.change_cart(request.db, request.actor, request.person.contract_id, quantities, request.now)
    except Invalid as refusal:
        return _show(request, refusal)
    return request.go("/cart", notice="cart_changed")


@doors.page("/cart/remove", may=PLACE, methods=("POST",))
def cart_remove(request: Request) -> Response:
    sku = request.form.text("remove")
    actions.change_cart(request.db, request.actor, request.person.contract_id, {sku: Decimal(0)}, request.now)
    removed = {"removed": sku, "quantity": request.form.text(field_of(sku))}
    return request.go("/cart?" + urlencode(removed))


@doors.page("/cart/clear", may=PLACE, methods=("POST",))
def cart_clear(request: Request) -> Response:
    actions.clear_cart(request.db, request.actor, request.person.contract_id, request.now)
    return request.go("/cart", notice="cart_cleared")


@doors.page("/cart/prices", may=PLACE, methods=("POST",))
def cart_prices(request: Request) -> Response:
    seen = request.form.text("shown")
    try:
        actions.accept_prices(request.db, request.actor, request.person.contract_id, seen, request.now)
    except Refused as refusal:
        return _show(request, refusal)
    return request.go("/cart", notice="prices_accepted")


@doors.page("/cart/paste", may=PLACE, methods=("POST",))
def cart_paste(request: Request) -> Response:
    contract_id, once = request.person.contract_id, request.idempotency_key
    try:
        pasted = actions.paste_lines(
            request.db,
            request.actor,
            contract_id,
            _typed(request, "text"),
            request.now,
            pick=_pick(request),
            once=once,
        )
    except (Invalid, Refused) as refusal:
        return _show(request, refusal)
    if pasted.bad:
        return _show(request, pasted=pasted)
    return request.go("/cart", notice="lines_pasted")


@doors.page("/cart/place", may=PLACE)
def cart_place_reloaded(request: Request) -> Response:
    """Where a refused order leaves the browser: reloading shows the cart."""
    return request.go("/cart")


@doors.page("/cart/place", may=PLACE, methods=("POST",))
def cart_place(request: Request) -> Response:
    try:
        if changed := retyped(request.form):
            actions.change_cart(request.db, request.actor, request.person.contract_id, changed, request.now)
            return _show(request, recounted=True)
        new = NewOrder(
            actor=request.actor,
            contract_id=request.person.contract_id,
            key=request.idempotency_key,
            comment=request.form.text("comment"),
            wished=a_date(request, "wished"),
        )
        order_id = actions.place_order(request.db, new, request.now)
    except (Invalid, Refused) as refusal:
        return _show(request, refusal)
    return request.go(f"/orders/{order_id}", notice="order_placed")


def _show(
    request: Request, refusal: KontorError | None = None, pasted: Pasted | None = None, *, recounted: bool = False
) -> Response:
    """The cart, with what was refused on top and what was typed still there.

    `recounted`: an order was not placed because nobody has seen yet what the typed quantities come to.
    """
    cart = actions.show_cart(request.db, request.actor, request.person.contract_id, request.now)
    errors = field_errors(request.t, refusal) if isinstance(refusal, Invalid) else {}
    return request.page(
        "ordering/cart.html",
        status=refusal.status if refusal else 422 if pasted else 200,
        cart=cart,
        stock={shown.line.sku: _stock(request, shown) for shown in cart.lines},
        cover={shown.line.sku: _cover(request, shown) for shown in cart.lines},
        together=[_companion(request, one) for one in cart.together],
        short={shown.line.sku: sentence(request.t, _shortage(shown)) for shown in cart.short},
        cart_count=len(cart.lines),
        due=due_text(request, cart.due),
        wished_help=_wished_help(request, cart),
        limit=actions.MAX_LINES,
        refused=sentence(request.t, refusal) if refusal and not errors else None,
        complaints=complaints_of(request, refusal) if refusal and not errors else [],
        errors=errors,
        form=request.form.plain(),
        bad_rows=[(sentence(request.t, actions.complaint_of(row)), row) for row in pasted.bad] if pasted else [],
        box="\n".join(row.text for row in pasted.bad) if pasted else _typed(request, "text"),
        recounted=recounted,
        added=len(pasted.quantities) if pasted else None,
        removed=(request.query.text("removed"), request.query.text("quantity")),
    )


def _wished_help(request: Request, cart: ShownCart) -> str:
    """From when on all of it is there, unless a day was typed that is not before that."""
    wished = day_of(request.form.text("wished"))
    if cart.due is None or (wished and not is_early(wished, cart.due)):
        return request.t.t("ordering.wished_help")
    return request.t.t("ordering.wished_from", day=due_text(request, cart.due))


def _stock(request: Request, shown: ShownLine) -> str:
    unit, exact = shown.goods.unit if shown.goods else "", not isinstance(shown.stock, Amount)
    if shown.cover.coming and shown.cover.lacking:
        return lacking_text(request.t, formats(request), shown.cover, exact=exact)
    if shown.cover.due and not shown.cover.lacking and (exact or not is_there(shown.stock)):
        return ""  # it can be ordered, and its cover says what of it is there
    text = stock_text(request.t, formats(request), shown.stock, unit)
    if not exact:
        return request.t.t("ordering.in_stock_word", amount=text)
    return request.t.t("ordering.only_available" if shown.problem == "short" else "ordering.available", quantity=text)


def _cover(request: Request, shown: ShownLine) -> list[str]:
    unit, exact = shown.goods.unit if shown.goods else "", not isinstance(shown.stock, Amount)
    today = local_day(request.now, request.time_zone)
    days = shown.goods.lead_days if shown.goods else None
    return cover_texts(request.t, formats(request), shown.cover, unit, today, lead_days=days, exact=exact)


def _companion(request: Request, one: Companion) -> GoodsRow:
    return GoodsRow(
        sku=one.goods.sku,
        name=one.goods.name,
        article=one.goods.article,
        unit=one.goods.unit,
        stock=_there(request, one),
        price=formats(request).money(one.price.amount, one.price.currency),
        at_least=Decimal(1),
    )


def _there(request: Request, one: Companion) -> str:
    lead = "" if is_there(one.stock) else lead_text(request.t, one.goods.lead_days)
    return lead or stock_text(request.t, formats(request), one.stock, one.goods.unit)


def _shortage(shown: ShownLine) -> Complaint:
    goods = shown.goods
    assert goods is not None, "a line is short of goods that there are"
    wanted = shown.line.quantity
    told = shown.stock if isinstance(shown.stock, Amount) else wanted - shown.cover.lacking
    return shortage(told, article=goods.article, name=goods.name, wanted=wanted, unit=goods.unit)


def _typed(request: Request, field: str) -> str:
    """A field exactly as it was sent: what was pasted is shown again untouched, and its rows keep their numbers."""
    return next(iter(request.form.get(field, ())), "")


def _pick(request: Request) -> Pick | None:
    """A suggestion's button: the SKU, and the row that it was suggested for."""
    sku, _, text = _typed(request, "pick").partition("|")
    return Pick(sku, text) if sku else None


def _quantity(typed: str) -> Decimal:
    """Invalid says which text is no quantity."""
    number = number_of(typed)
    if number is None:
        complaint = Complaint(code="quantity_not_a_number", params={"article": f"«{typed[:40]}»"})
        raise Invalid(fields={"quantity": complaint})
    return number
