"""The permanent link: a door for dealers' own systems, which know an address and nothing else."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.http.doors import Doors
from chalicelib.http.i18n import translator
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, redirect, text
from chalicelib.pricelist import actions
from chalicelib.pricelist.addresses import address_of

RETRY_AFTER = 10
"""Seconds after which a program asks again while its file is being made."""
doors = Doors(__name__)


@doors.machine("/price-list/{name}", methods=("GET",))
def price_list(request: Request) -> Response:
    """The file by way of a short-lived address at S3; 503 with Retry-After while it is being made.

    Not 202: `curl --retry` waits and asks again at a 503, and would save a 202's text as the price list.
    """
    served = actions.by_link(request.params["name"], request.now)
    if served.is_ready:
        return redirect(address_of(served.tenant_id, served.one, served.contract_number))
    said = text(translator(served.one.wish.locale).t("pricelist.come_again", seconds=RETRY_AFTER), status=503)
    return replace(said, headers={"Retry-After": str(RETRY_AFTER)})
