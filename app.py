"""Kontor's one Chalice application: it registers doors and workers and holds no logic of its own.

Workers don't import the pages: `settings().serves_pages` is False in their processes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

from chalice.app import Chalice, Rate

from chalicelib.gateways.settings import settings
from chalicelib.kernel.clock import utc_now

app = Chalice(app_name="kontor", configure_logs=False)  # `gateways.telemetry` does
app.api.binary_types = []  # `http.responses` encodes bytes itself; see there
# Nothing that is imported is garbage, and a request leaves little: by default Python looks 140 times while it starts.
gc.set_threshold(50_000)

if settings().serves_pages:
    import chalicelib.assortment.pages
    import chalicelib.billing.pages
    import chalicelib.exchange.api
    import chalicelib.exchange.pages
    import chalicelib.exchange.version_pages
    import chalicelib.goods.pages
    import chalicelib.http.pages
    import chalicelib.http.strays
    import chalicelib.identity.pages
    import chalicelib.network.pages
    import chalicelib.ordering.pages
    import chalicelib.overview.pages
    import chalicelib.pictures.pages
    import chalicelib.pricelist.api
    import chalicelib.pricelist.pages
    import chalicelib.pricing.api
    import chalicelib.pricing.pages
    import chalicelib.simulator.pages
    import chalicelib.stock.pages
    import chalicelib.storefront.pages
    import chalicelib.tenancy.pages

    for room in (
        chalicelib.http.pages,
        chalicelib.tenancy.pages,
        chalicelib.identity.pages,
        chalicelib.network.pages,
        chalicelib.pictures.pages,
        chalicelib.pricing.api,
        chalicelib.assortment.pages,
        chalicelib.pricing.pages,
        chalicelib.storefront.pages,
        chalicelib.pricelist.api,
        chalicelib.pricelist.pages,
        chalicelib.simulator.pages,
        chalicelib.stock.pages,
        chalicelib.billing.pages,
        chalicelib.ordering.pages,
        chalicelib.exchange.api,
        chalicelib.exchange.pages,
        chalicelib.exchange.version_pages,
        chalicelib.goods.pages,
        chalicelib.overview.pages,
        chalicelib.http.strays,
    ):
        app.register_blueprint(room.doors.blueprint)


@app.on_dynamodb_record(stream_arn="arn:aws:dynamodb:eu-central-1:000000000000:table/core/stream/set-by-template")
def publish_outbox(event: Any) -> None:
    from chalicelib.ops.workers import publish_outbox as publish

    publish(_new_images(event))


def _new_images(event: Any) -> Iterator[dict[str, Any]]:
    return (record.new_image for record in event if record.event_name == "INSERT" and record.new_image)


@app.on_sqs_message(queue="events", batch_size=10)
def on_event(event: Any) -> Any:
    from chalicelib.ops.queue_handlers import consume_events

    return consume_events(event.to_dict())


@app.on_sqs_message(queue="imports", batch_size=1)
def on_import(event: Any) -> Any:
    from chalicelib.ops.queue_handlers import consume_imports

    return consume_imports(event.to_dict())


@app.on_sqs_message(queue="due", batch_size=10)
def on_due(event: Any) -> Any:
    from chalicelib.ops.queue_handlers import consume_due

    return consume_due(event.to_dict())


@app.schedule(Rate(1, unit=Rate.MINUTES))
def every_minute(_: Any) -> None:
    from chalicelib.ops.workers import fan_out

    fan_out(utc_now())
