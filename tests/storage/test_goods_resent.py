"""Goods' files and changes by hand of which the worker has not heard, or which it cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.gateways import queues
from chalicelib.goods import publishing, store
from chalicelib.goods.jobs import run_goods
from chalicelib.goods.model import NOT_SHOWN
from chalicelib.kernel.job import MOST_ATTEMPTS, SILENT, UNTAKEN, JobState
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.storage import keys
from tests.storage.exchange_world import world as world
from tests.storage.test_goods_hand import change
from tests.storage.test_goods_uploads import Office, kontor_sku, names
from tests.storage.test_goods_uploads import office as office

_HEAD = "Артикул;Наименование\n"
_GOODS = _HEAD + "A-1;Окно\nB-1;Дверь\n"
_MEANT = ("article", "name")


class _Lost(Exception):
    pass


def lose(_url: str, _body: Mapping[str, object], **_named: object) -> None:
    raise _Lost


def later(office: Office, by: timedelta) -> None:
    """What is due after so much time is done, then what that queued."""
    office.world.ahead += by + timedelta(seconds=1)
    run_due(office.world.tenant_id, due_handler, office.world.now)
    office.work()


def begun(office: Office) -> str:
    address, key = office.bring(_GOODS)
    fields = {"name": key.rpartition("/")[2], "head": "1", "column_0": "article", "column_1": "name"}
    office.ask("POST", address, fields)
    return address


def test_a_file_whose_message_was_never_sent_is_taken_after_a_while(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as down:
        down.setattr(queues, "send", lose)
        address = begun(office)
    assert office.upload(address).state is JobState.QUEUED
    later(office, UNTAKEN)
    assert (office.upload(address).state, names(office)) == (JobState.DONE, ["Дверь", "Окно"])
    assert not office.world.db.query(keys.due(office.world.tenant_id)).records


def test_a_file_whose_worker_died_is_begun_anew_and_given_up_in_the_end(office: Office) -> None:
    address = begun(office)
    office.world.queue.clear()
    dead = replace(office.upload(address), state=JobState.WORKING, attempts=MOST_ATTEMPTS, touched=office.world.now)
    office.world.db.commit([store.upload_put(office.world.tenant_id, dead)])
    later(office, UNTAKEN)
    assert office.upload(address).state is JobState.WORKING
    later(office, SILENT)
    assert (office.upload(address).state, office.upload(address).code) == (JobState.FAILED, "import_failed")


def test_an_edit_whose_message_was_never_sent_is_shown_after_a_while(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.take(_GOODS, _MEANT)
    with monkeypatch.context() as down:
        down.setattr(queues, "send", lose)
        change(office, kontor_sku(office, "A-1"), name="Окно 2")
    assert names(office) == ["Дверь", "Окно"]
    later(office, UNTAKEN)
    assert names(office) == ["Дверь", "Окно 2"]
    assert not office.world.db.query(keys.due(office.world.tenant_id)).records


def test_an_edit_that_breaks_the_assembling_holds_up_no_other_and_is_set_aside(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.take(_GOODS, _MEANT)
    rows_of = publishing.rows_of

    def breaking(edits: list[store.Edit]) -> object:
        if any(one.texts.get("name") == "Беда" for edit in edits for one in edit.products):
            raise ZeroDivisionError
        return rows_of(edits)

    monkeypatch.setattr(publishing, "rows_of", breaking)
    change(office, kontor_sku(office, "A-1"), name="Беда")
    change(office, kontor_sku(office, "B-1"), name="Дверь 2")
    office.work()
    assert names(office) == ["Дверь 2", "Окно"]
    assert len(store.waiting_edits(office.world.db)) == 1
    for _ in range(MOST_ATTEMPTS - 1):
        later(office, UNTAKEN)
    assert store.waiting_edits(office.world.db) == []
    assert "Правки не опубликованы, целиком или частью: 1." in office.text("/goods")
    shown = office.text("/goods/edits")
    assert "Каталог с этой правкой не собирается" in shown
    assert "Наименование: Беда" in shown
    assert not office.world.db.query(keys.due(office.world.tenant_id)).records


def aside(office: Office, **texts: str) -> store.Edit:
    """An edit of the window that has been set aside."""
    office.take(_GOODS, _MEANT)
    change(office, kontor_sku(office, "A-1"), **texts)
    (edit,) = store.waiting_edits(office.world.db)
    office.world.db.commit(
        [store.edit_put(office.world.tenant_id, replace(edit, refused=NOT_SHOWN, attempts=3), office.world.now)]
    )
    office.world.queue.clear()
    return edit


def test_an_edit_that_was_set_aside_can_be_tried_again(office: Office) -> None:
    edit = aside(office, name="Окно 2")
    for _ in range(2):  # once is enough: then there is none
        answer = office.ask("POST", "/goods/edits/again", {"id": edit.id})
    assert answer.status == 404
    office.work()
    assert names(office) == ["Дверь", "Окно 2"]
    assert store.edits(office.world.db) == []


def test_an_edit_that_was_set_aside_can_be_given_up_and_no_other_can(office: Office) -> None:
    edit = aside(office, name="Окно 2")
    assert office.ask("POST", "/goods/edits/discard", {"id": edit.id}).status == 303
    assert store.edits(office.world.db) == []
    change(office, kontor_sku(office, "A-1"), name="Окно 3")
    (waiting,) = store.waiting_edits(office.world.db)
    assert office.ask("POST", "/goods/edits/discard", {"id": waiting.id}).status == 404
    office.work()
    assert names(office) == ["Дверь", "Окно 3"]


def test_what_the_catalogue_does_not_take_of_an_edit_stands_in_the_journal_and_on_the_list(office: Office) -> None:
    office.take("Артикул;Наименование;Цена Розница\nA-1;Окно;5\n", ("article", "name", "price"))
    sku = kontor_sku(office, "A-1")
    change(office, sku, price_0="1990")
    (edit,) = store.waiting_edits(office.world.db)
    (one,) = edit.products
    too_long = replace(edit, products=(replace(one, texts={"name": "x" * 2_000}),))
    office.world.db.commit([store.edit_put(office.world.tenant_id, too_long, office.world.now)])
    office.work()
    entry = office.world.journal()[-1]
    assert (entry.kind, entry.state, entry.rejected) == ("hand", "partly", 1)
    assert [(count.kind, count.rejected) for count in entry.counts] == [("price", 0), ("product", 1)]
    assert sku in office.text("/goods/edits")
    assert store.waiting_edits(office.world.db) == []


def test_edits_are_read_with_everything_that_was_committed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    session = type(office.world.db)
    query = session.query

    def noting(db: object, partition: keys.Partition, **named: object) -> object:
        if partition == keys.goods_edits(office.world.tenant_id):
            asked.append(bool(named.get("consistent")))
        return query(db, partition, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "query", noting)
    run_goods({"do": "goods_edits", "tenant": office.world.tenant_id}, lambda: office.world.now)
    assert asked == [True]
