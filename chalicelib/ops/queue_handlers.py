"""What the functions behind the three queues do with a batch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.kernel.clock import utc_now
from chalicelib.ops.batches import each_message
from chalicelib.ops.registry import due_handler, event_handler
from chalicelib.ops.workers import handle_event, run_due
from chalicelib.storage.outbox import received


def consume_events(event: Mapping[str, Any]) -> dict[str, Any]:
    """Events in order per aggregate; a failure holds back only its own aggregate."""
    return each_message(event, lambda body: handle_event(received(body), event_handler, utc_now()))


def consume_imports(event: Mapping[str, Any]) -> dict[str, Any]:
    """What is heavy: uploads of 1C and of people, price lists, made, read and simulated."""

    def one(body: dict[str, Any]) -> None:
        if body["do"] == "price_list":
            from chalicelib.pricelist.jobs import run_price_list

            return run_price_list(body, utc_now)
        if str(body["do"]).startswith("goods_"):
            from chalicelib.goods.jobs import run_goods

            return run_goods(body, utc_now)
        if body["do"] == "price_rows":
            from chalicelib.pricing.jobs import run_price_rows

            return run_price_rows(body, utc_now)
        if body["do"] == "price_simulation":
            from chalicelib.simulator.jobs import run_simulation

            return run_simulation(body, utc_now)
        from chalicelib.exchange.jobs import run_import  # the other queues' functions needn't have it

        return run_import(body, utc_now())

    return each_message(event, one)


def consume_due(event: Mapping[str, Any]) -> dict[str, Any]:
    """What is due, tenant by tenant."""

    def one(body: Mapping[str, Any]) -> None:
        run_due(str(body["tenant"]), due_handler, datetime.fromisoformat(str(body["at"])))

    return each_message(event, one)
