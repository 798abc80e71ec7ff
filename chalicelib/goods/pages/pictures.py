"""Pages: a product's pictures, in their order, with those on their way."""

from __future__ import annotations

from chalicelib.goods.actions import pictures
from chalicelib.goods.gallery import MOST_PICTURES, Brought, Place, in_order
from chalicelib.goods.pages.base import MAY, doors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, sending_to
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.numbers import whole
from chalicelib.pictures.model import MAX_BYTES

_PAGE = "/goods/{sku}/pictures"


@doors.page(_PAGE, may=MAY)
def picture_page(request: Request) -> Response:
    """S3 sends the browser here, with the key of the picture that it has just taken."""
    sku, key = request.params["sku"], request.query.text("key")
    if not key:
        return _page(request)
    try:
        pictures.arrived(request.db, request.actor, sku, key, request.now)
    except Refused as refusal:
        return _page(request, said=request.t.t(f"error.{refusal.code}", **refusal.params), status=refusal.status)
    return request.go(f"/goods/{sku}/pictures")


@doors.page(_PAGE, may=MAY, methods=("POST",))
def arrange_pictures(request: Request) -> Response:
    form, sku = request.form, request.params["sku"]
    shown = tuple(filter(None, (form.text(f"name_{at}") for at in range(1, MOST_PICTURES + 1))))
    places = [
        Place(
            name=name,
            was=at,
            number=whole(form.text(f"place_{at}"), 9_999),
            gone=form.text("gone") == name,
        )
        for at, name in enumerate(shown, start=1)
    ]
    try:
        pictures.arrange(
            request.db, request.actor, sku, shown, in_order(places, form.text("main")), request.idempotency_key,
            request.now,
        )  # fmt: skip
    except Refused as refusal:
        return _page(request, said=request.t.t(f"error.{refusal.code}"), status=refusal.status)
    return request.go(f"/goods/{sku}/pictures", notice="goods_saved")


@doors.page(_PAGE + "/back", may=MAY, methods=("POST",))
def pictures_of_erp(request: Request) -> Response:
    """Shows the product's pictures as the ERP has them."""
    sku = request.params["sku"]
    card = pictures.look(request.db, sku).card
    if card.their_pictures is not None:
        pictures.arrange(
            request.db, request.actor, sku, card.pictures, card.their_pictures, request.idempotency_key, request.now
        )
    return request.go(f"/goods/{sku}/pictures", notice="goods_saved")


@doors.page(_PAGE + "/forget", may=MAY, methods=("POST",))
def forget_picture(request: Request) -> Response:
    sku = request.params["sku"]
    pictures.forget(request.db, sku, request.form.text("id"))
    return request.go(f"/goods/{sku}/pictures")


def _page(request: Request, *, said: str = "", status: int = 200) -> Response:
    wall = pictures.look(request.db, request.params["sku"])
    form = pictures.form_for(request.db, wall.card.sku, request.now)
    page = request.page(
        "goods/pictures.html",
        status=status,
        wall=wall,
        form=form,
        said=said,
        refused=tuple((one, _reason(request, one)) for one in wall.refused),
        room=MOST_PICTURES - len(wall.shown) - len(wall.coming),
        most_bytes=MAX_BYTES,
    )
    return sending_to(form.action, page, by_script=True)


def _reason(request: Request, picture: Brought) -> str:
    return request.t.t(f"error.{picture.code}", **picture.params)
