"""The exchange's own rules: when a file is whole, when a run is over, what may be withdrawn, what words mean."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.exchange import protocol, run
from chalicelib.exchange.commerceml.erp import ErpLine, ErpOrder, ErpPayment, ErpShipment
from chalicelib.exchange.from_erp import status_of, update_of, update_of_payment
from chalicelib.exchange.model import Direction, Upload, import_order, looks_whole, readers_for, tail_of
from chalicelib.exchange.run import Run
from chalicelib.kernel.errors import Invalid
from chalicelib.ordering.erp import ErpStatus

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
UPLOAD = Upload(set_id="s", name="x", direction=Direction.CATALOG, begun=NOW, touched=NOW, entry_id="e")
RUN = Run(id="r", begun=NOW, touched=NOW)


def sent(content: bytes, size: int) -> Upload:
    """The upload after all fragments of `size` bytes."""
    upload = replace(UPLOAD, archive=content.startswith(b"PK"))
    for start in range(0, len(content), size):
        piece = content[start : start + size]
        upload = replace(upload, bytes=upload.bytes + len(piece), tail=tail_of(upload.tail, piece))
    return upload


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, name * 20)
    return out.getvalue()


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n\t "])
@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
def test_a_document_is_whole_when_its_root_is_closed(charset: str, end: str, size: int) -> None:
    content = f"<КоммерческаяИнформация>{'я' * 300}</КоммерческаяИнформация>{end}".encode(charset)
    assert looks_whole(sent(content, size))
    assert not looks_whole(sent(content.rstrip()[:-1], size))


@given(st.integers(1, 200))
def test_an_archive_is_whole_with_its_last_byte_and_not_before(size: int) -> None:
    content = zipped("import.xml", "offers.xml")
    assert looks_whole(sent(content, size))
    for missing in (1, 5, 22, 60):
        assert not looks_whole(sent(content[:-missing], size))


@settings(max_examples=100)
@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_are_whole_or_not(content: bytes, size: int) -> None:
    looks_whole(sent(content, size))
    looks_whole(sent(b"PK\x03\x04" + content, size))


def test_files_of_an_archive_are_imported_classifier_first_and_documents_last() -> None:
    names = (
        "documents/1/documents.xml",
        "goods/1/rests.xml",
        "goods/1/prices.xml",
        "goods/1/offers.xml",
        "goods/1/import.xml",
        "properties/1/import.xml",
        "import.xml",
        "picture.jpg",
        "orders-1_2.xml",
    )
    assert import_order(names)[0] == "import.xml"
    ordered = import_order(names)
    assert "picture.jpg" not in ordered
    places = {name.rpartition("/")[2]: place for place, name in enumerate(ordered) if name.startswith("goods/")}
    assert sorted(places, key=places.__getitem__) == ["import.xml", "offers.xml", "prices.xml", "rests.xml"]
    assert ordered[-1] == "documents/1/documents.xml"


def test_a_run_goes_on_until_a_long_silence() -> None:
    assert run.continues(RUN, NOW + timedelta(minutes=4))
    assert not run.continues(RUN, NOW + timedelta(minutes=6))
    assert not run.continues(replace(RUN, closed=True), NOW)
    assert not run.continues(None, NOW)


def test_silence_proves_the_end_of_a_full_run_of_one_portion_alone() -> None:
    full = replace(RUN, full=True, goods_files=1)
    assert run.may_withdraw_after_silence(full)
    for other in (
        replace(full, full=False),
        replace(full, broken=True),
        replace(full, goods_files=2),
        replace(full, goods_files=0),
    ):
        assert not run.may_withdraw_after_silence(other)
    assert run.may_withdraw_at_end(replace(full, goods_files=7))
    assert not run.may_withdraw_at_end(replace(full, broken=True))


@pytest.mark.parametrize(
    ("before", "after", "suspicious"),
    [(100, 59, True), (100, 61, False), (30, 9, True), (20, 0, False), (3, 1, False), (100_000, 99_900, False)],
)
def test_losing_most_of_the_catalogue_is_suspicious(before: int, after: int, suspicious: bool) -> None:
    assert run.is_suspicious(before, after) is suspicious


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        ("", "Подтвержден", ErpStatus.CONFIRMED),
        ("", "Подтверждён", ErpStatus.CONFIRMED),
        ("", "Не подтвержден", None),
        ("", "К обеспечению", ErpStatus.CONFIRMED),
        ("", "В производстве", ErpStatus.IN_PRODUCTION),
        ("", "Готов к отгрузке", ErpStatus.READY),
        ("", "К отгрузке", ErpStatus.READY),
        ("", "Отгружен", ErpStatus.SHIPPED),
        ("", "Доставлен", ErpStatus.DELIVERED),
        ("", "ОТМЕНЕН", ErpStatus.CANCELLED),
        ("shipping", "Отгружается", ErpStatus.SHIPPED),
        ("completed", "Выполнен", ErpStatus.DELIVERED),
        ("N", "Принят, ожидается оплата", ErpStatus.CONFIRMED),
        ("", "Ожидает звёзд", None),
        ("", "", None),
    ],
)
def test_the_words_of_1c_for_a_status_mean_what_they_mean(code: str, text: str, status: ErpStatus | None) -> None:
    assert status_of(code, text) is status


def test_what_the_document_did_not_say_stays_unsaid() -> None:
    update = update_of(ErpOrder(number="7", id="i"))
    assert (update.lines, update.status, update.cancelled, update.shipped, update.paid) == (
        None,
        None,
        False,
        None,
        None,
    )


def test_packs_are_told_in_base_units() -> None:
    line = ErpLine(
        product_id="a", variant_id="b", name="x", quantity=Decimal(3), price=Decimal(120), total=Decimal(360),
        coefficient=Decimal(12),
    )  # fmt: skip
    (told,) = update_of(ErpOrder(number="7", id="i", lines=(line,))).lines or ()
    assert (told.quantity, told.price, told.total) == (Decimal(36), Decimal(10), Decimal(360))


def test_the_whole_order_is_paid_and_shipped_only_where_no_parts_are_told() -> None:
    whole = ErpOrder(number="7", id="i", paid=True, payment_number="П-1", payment_date=date(2026, 11, 20), shipped=True)
    update = update_of(whole)
    assert update.paid is not None
    assert (update.paid.number, update.paid.amount) == ("П-1", None)
    assert update.shipped is not None
    parts = replace(
        whole,
        payments=(ErpPayment(id="p", number="1", day=None, amount=Decimal(5)),),
        shipments=(ErpShipment(id="s", number="2", day=None),),
    )
    update = update_of(parts)
    assert (update.paid, update.shipped) == (None, None)
    assert [one.amount for one in update.payments] == [Decimal(5)]


def test_what_the_order_denies_later_has_gone_under_the_same_id() -> None:
    whole = ErpOrder(number="7", id="i", paid=True, payment_number="П-1", shipped=True, shipment_number="Р-1")
    told, denied = update_of(whole), update_of(ErpOrder(number="7", id="i", paid=False, shipped=False))
    assert [(one.paid and one.paid.deleted, one.shipped and one.shipped.deleted) for one in (told, denied)] == [
        (False, False),
        (True, True),
    ]
    assert [one and one.id for one in (told.paid, told.shipped)] == [
        one and one.id for one in (denied.paid, denied.shipped)
    ]


def test_a_payment_without_an_id_gets_none_so_that_its_order_and_number_tell_it_from_others() -> None:
    payment = ErpPayment(id="", number="П-1", day=None, amount=Decimal(5), based_on="7")
    told = update_of_payment(payment).payments[0]
    assert (told.id, told.number) == ("", "П-1")
    assert update_of_payment(replace(payment, id="guid")).payments[0].id == "guid"


def test_a_planned_payment_counts_as_deleted() -> None:
    planned = ErpPayment(id="p", number="1", day=None, amount=Decimal(5), done=False)
    assert update_of(ErpOrder(number="7", id="i", payments=(planned,))).payments[0].deleted


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Basic MWMteDpwYXNz", ("1c-x", "pass")),
        ("basic MWMteDpwYTpzcw==", ("1c-x", "pa:ss")),
        ("Basic !!!", None),
        ("Basic", None),
        ("Bearer x", None),
        ("", None),
    ],
)
def test_basic_credentials_are_read_or_refused(header: str, expected: tuple[str, str] | None) -> None:
    found = protocol.credentials({"authorization": header})
    assert (found and (found.login, found.password)) == expected


@given(st.text(max_size=60))
def test_any_authorization_header_is_credentials_or_nothing(header: str) -> None:
    protocol.credentials({"authorization": header})


def test_only_two_directions_are_known() -> None:
    assert protocol.direction_of(" Catalog ") is Direction.CATALOG
    with pytest.raises(Invalid):
        protocol.direction_of("reference")


@pytest.mark.parametrize(
    ("sizes", "readers"),
    [
        ([], 1),
        ([900_000_000], 1),
        ([15_000_000] * 2, 1),
        ([39_000_000, 900_000], 1),
        ([39_000_000, 1_000_000], 2),
        ([9_200_000] * 60, 8),
        ([300_000_000] * 3, 3),
    ],
)
def test_an_archive_is_read_by_as_many_workers_as_it_is_worth(sizes: list[int], readers: int) -> None:
    assert readers_for(sizes) == readers
