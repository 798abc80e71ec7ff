"""Which room handles which event and which due work.

A room's jobs are imported when something comes that is theirs: a process rarely needs more than one room, and all
of them take longer to import than a cold worker may.
"""

from __future__ import annotations

from chalicelib.ops.workers import DueHandler, EventHandler


def event_handler(name: str) -> EventHandler | None:
    """Who handles the event `<what>.<happened>`; None if nobody wants to hear of it."""
    match name.partition(".")[0]:
        case "order" | "stock":
            from chalicelib.ordering import jobs as ordering

            return ordering.HANDLERS.get(name)
        case "invoice" | "payment" | "reminder":
            from chalicelib.billing import jobs as billing

            return billing.HANDLERS.get(name)
        case "invitation":
            from chalicelib.identity import jobs as identity

            return identity.HANDLERS.get(name)
    return None


def due_handler(kind: str) -> DueHandler:
    """Who does due work of the kind; LookupError for a kind that nobody knows."""
    match kind:
        case "outbox":
            from chalicelib.storage import outbox

            return outbox.resend
        case "reminder":
            from chalicelib.billing import jobs as billing

            return billing.DUE[kind]
        case "books" | "tally" | "companions":
            from chalicelib.ordering import jobs as ordering

            return ordering.DUE[kind]
        case "exchange":
            from chalicelib.exchange import jobs as exchange

            return exchange.DUE[kind]
        case "pictures":
            from chalicelib.pictures import jobs as pictures

            return pictures.DUE[kind]
        case "goods":
            from chalicelib.goods import jobs as goods

            return goods.DUE[kind]
        case "prices":
            from chalicelib.pricing import jobs as pricing

            return pricing.DUE[kind]
    raise LookupError(kind)
