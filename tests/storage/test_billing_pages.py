"""Billing's and the network's doors: who sees what, forms that keep what was typed, files that open."""

from __future__ import annotations

import base64
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from zipfile import ZipFile

import pypdfium2
import pytest
from chalice.test import Client, HTTPResponse

import app
from chalicelib.billing.books import Check, check_put
from chalicelib.billing.debts import note_debt
from chalicelib.billing.invoices import invoice_for_order
from chalicelib.billing.ledger import Mistake
from chalicelib.billing.model import Invoice, InvoiceLine, NewPayment, OrderForInvoice, Payment, VatShare
from chalicelib.billing.payments import record_payment, reverse_payment
from chalicelib.billing.store import payments_of_party
from chalicelib.http import csrf, sessions
from chalicelib.http.sessions import SignedIn
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import money
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.network.actions import dealers
from chalicelib.network.actions.reading import open_dealer
from chalicelib.storage import keys
from chalicelib.storage.session import open_tenant
from chalicelib.tenancy.store import settings_write
from tests.support.shop import manufacturer

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TAX_IDS = ("7707083893", "7736050003")


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(app.app)


class Shop:
    """A tenant with two dealers, an invoice and a payment of each."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.settings = manufacturer(NOW, tax_id=TAX_IDS[0], bank_details="БИК 044525225")
        self.db = open_tenant(self.settings.id)
        self.db.commit([settings_write(self.settings, 0)])
        self.owner = self.sign_in(Role.OWNER)
        self.accountant = Actor(tenant_id=self.settings.id, user_id="anna", name="Анна", role=Role.ACCOUNTANT)
        self.dealers = [self._dealer(number) for number in range(2)]
        self.invoices = [self._invoice(party_id) for party_id in self.dealers]
        self.payments = [self._payment(party_id) for party_id in self.dealers]
        for party_id in self.dealers:
            note_debt(self.db, party_id)

    def _dealer(self, number: int) -> str:
        form = {
            "name": ("Светлый дом", "=1+1 & Co")[number],
            "entity_name": "ООО «Светлый дом»",
            "country": "RU",
            "tax_id": TAX_IDS[number],
            "tax_reason": "770101001",
            "number": f"14/{number}",
            "currency": "RUB",
            "vat": "included",
            "price_type": "",
            "deferral_days": "14",
        }
        actor = Actor(tenant_id=self.settings.id, user_id="anna", name="Анна", role=Role.OWNER)
        return dealers.create_dealer(self.db, actor, form, [], parse_decimal, new_id(NOW), NOW)

    def _invoice(self, party_id: str) -> Invoice:
        dealer = open_dealer(self.db, party_id)
        line = InvoiceLine(
            name="Окно ПВХ, белое",
            article="W-1",
            unit="шт",
            quantity=Decimal(5),
            price=Decimal("24.40"),
            amount=Decimal(122),
            vat_rate=Decimal(22),
            vat=Decimal(22),
        )
        order = OrderForInvoice(
            order_id=new_id(NOW),
            number=new_id(NOW)[-8:],
            party_id=party_id,
            party_name=dealer.party.name,
            lines=(line,),
            vat=(VatShare(rate=Decimal(22), base=Decimal(100), vat=Decimal(22)),),
            total=money(122, "RUB"),
            held=money(0, "RUB"),
        )
        invoice, writes = invoice_for_order(order, dealer.contracts[0], self.settings, utc_now())
        self.db.commit(writes)
        return invoice

    def _payment(self, party_id: str) -> Payment:
        contract = open_dealer(self.db, party_id).contracts[0]
        new = NewPayment(
            party_id=party_id,
            contract_id=contract.id,
            amount=money(22, "RUB"),
            day=date(2026, 1, 15),
            number="п/п 7",
        )
        return record_payment(self.db, new, self.accountant, new_id(NOW), utc_now())

    def sign_in(self, role: Role, party_id: str | None = None) -> str:
        person = SignedIn(
            tenant_id=self.settings.id,
            tenant_name=self.settings.name,
            currency="RUB",
            time_zone="Europe/Moscow",
            user_id=new_id(NOW),
            name="Анна Петрова",
            email="anna@example.org",
            locale="ru",
            role=role,
            party_id=party_id,
        )
        return sessions.start(self.db, person, now=utc_now(), agent="")

    def get(self, path: str, cookie: str) -> HTTPResponse:
        return self.client.http.get(path, headers={"cookie": f"{sessions.cookie_name()}={cookie}"})

    def post(self, path: str, cookie: str, **fields: str) -> HTTPResponse:
        token = csrf.token_for(cookie.partition(".")[2])
        body = urlencode({"csrf": token, "once": new_id(utc_now()), **fields})
        headers = {
            "cookie": f"{sessions.cookie_name()}={cookie}",
            "content-type": "application/x-www-form-urlencoded",
        }
        return self.client.http.post(path, headers=headers, body=body.encode())


@pytest.fixture
def shop(tables: None, client: Client) -> Shop:
    return Shop(client)


def text(response: HTTPResponse) -> str:
    body: Any = response.body
    return body.decode() if isinstance(body, bytes) else str(body)


def file(response: HTTPResponse) -> bytes:
    body: Any = response.body
    return body if body[:2] in (b"PK", b"%P") else base64.b64decode(body)


def without_ids(page: str) -> str:
    """The page without what differs between any two requests."""
    return re.sub(r'value="[0-9a-z]{20}"|[0-9a-f-]{36}|[0-9a-z]{20}', "", page)


def test_a_dealers_person_sees_the_own_invoices_and_payments_only(shop: Shop) -> None:
    buyer = shop.sign_in(Role.DEALER_BUYER, shop.dealers[0])
    own, others = shop.invoices
    listed = text(shop.get("/invoices?view=all", buyer))
    assert own.number in listed
    assert others.number not in listed
    assert others.number not in text(shop.get(f"/invoices?view=all&party={shop.dealers[1]}", buyer))
    assert shop.get(f"/invoices/{own.id}", buyer).status_code == 200
    assert shop.get(f"/payments/{shop.payments[0].id}", buyer).status_code == 200
    assert shop.payments[1].id not in text(shop.get(f"/payments?party={shop.dealers[1]}", buyer))


def test_anothers_invoice_is_answered_like_one_that_does_not_exist(shop: Shop) -> None:
    buyer = shop.sign_in(Role.DEALER_ACCOUNTANT, shop.dealers[0])
    nothing = new_id(NOW)
    for there in ("/invoices/{}", "/invoices/{}/pdf", "/payments/{}"):
        foreign_id = shop.payments[1].id if "payments" in there else shop.invoices[1].id
        foreign, absent = (shop.get(there.format(one), buyer) for one in (foreign_id, nothing))
        assert (foreign.status_code, absent.status_code) == (404, 404)
        assert without_ids(text(foreign)) == without_ids(text(absent))


def test_a_dealers_person_neither_pays_nor_sees_debts_or_dealers(shop: Shop) -> None:
    buyer = shop.sign_in(Role.DEALER_BUYER, shop.dealers[0])
    own = shop.invoices[0]
    fields = {"amount": "1", "day": "2026-01-15", "number": "1"}
    assert shop.post(f"/invoices/{own.id}/pay", buyer, **fields).status_code == 403
    assert shop.post("/payments", buyer, account="a.b", **fields).status_code == 403
    assert shop.post(f"/payments/{shop.payments[0].id}/reverse", buyer).status_code == 403
    assert shop.get("/debts", buyer).status_code == 404
    assert shop.get(f"/dealers/{shop.dealers[0]}", buyer).status_code == 403


def test_a_warehouse_keeper_sees_dealers_without_their_money(shop: Shop) -> None:
    keeper = shop.sign_in(Role.WAREHOUSE)
    listed, page = text(shop.get("/dealers", keeper)), text(shop.get(f"/dealers/{shop.dealers[0]}", keeper))
    assert "Светлый дом" in listed
    assert "₽" not in listed + page
    assert shop.get("/invoices", keeper).status_code == 403
    assert shop.post("/dealers", keeper, name="x").status_code == 403


def test_the_accountant_records_a_payment_on_the_invoices_page(shop: Shop) -> None:
    accountant = shop.sign_in(Role.ACCOUNTANT)
    invoice = shop.invoices[0]
    wrong = shop.post(f"/invoices/{invoice.id}/pay", accountant, amount="12,345", day="2026-01-15", number="")
    assert wrong.status_code == 422
    assert 'value="12,345"' in text(wrong)
    assert text(wrong).count('aria-invalid="true"') == 2
    done = shop.post(f"/invoices/{invoice.id}/pay", accountant, amount="100,00", day="2026-01-15", number="п/п 9")
    assert done.status_code == 303
    assert "Оплачен" in text(shop.get(f"/invoices/{invoice.id}", accountant))


def test_a_payment_shows_what_it_would_pay_before_it_is_recorded(shop: Shop) -> None:
    accountant = shop.sign_in(Role.ACCOUNTANT)
    contract = open_dealer(shop.db, shop.dealers[0]).contracts[0]
    account = f"{shop.dealers[0]}.{contract.id}"
    fields = {"account": account, "amount": "60", "day": "2026-01-15", "number": "9", "kind": "payment"}
    preview = shop.post("/payments/preview", accountant, **fields)
    assert "60,00" in text(preview)
    assert shop.post("/payments", accountant, **fields | {f"part-{shop.invoices[0].id}": "101"}).status_code == 422
    recorded = shop.post("/payments", accountant, **fields)
    page = recorded.headers["Location"]
    assert "Разнесено" in text(shop.get(page.partition("?")[0], accountant))
    foreign = f"{shop.dealers[0]}.{open_dealer(shop.db, shop.dealers[1]).contracts[0].id}"
    for damaged in (foreign, "nothing", f"{shop.dealers[0]}.", "../.."):
        assert shop.post("/payments", accountant, **fields | {"account": damaged}).status_code == 404


def _typed(shop: Shop, **fields: str) -> dict[str, str]:
    """The form of a payment that the first dealer has already."""
    contract = open_dealer(shop.db, shop.dealers[0]).contracts[0]
    return {
        "account": f"{shop.dealers[0]}.{contract.id}",
        "amount": "22,00",
        "day": "2026-01-15",
        "number": "П/П  7",
        **fields,
    }


def test_the_same_payment_typed_twice_is_asked_about_and_recorded_only_when_the_answer_is_yes(shop: Shop) -> None:
    accountant = shop.sign_in(Role.ACCOUNTANT)
    answer = shop.post("/payments", accountant, **_typed(shop, comment="за окна"))
    page = text(answer)
    assert answer.status_code == 409
    assert "Платёж № п/п 7 на 22,00" in unescape(page)
    assert 'value="22,00"' in page
    assert 'value="за окна"' in page
    assert len(_payments(shop)) == 1
    again = re.findall(r'name="beside" value="([^"]+)"', page)
    assert again == [shop.payments[0].id]
    assert shop.post("/payments", accountant, **_typed(shop, beside=again[0])).status_code == 303
    assert len(_payments(shop)) == 2
    (entry,) = [
        record.data["detail"]
        for payment in _payments(shop)
        for record in shop.db.query_all(keys.audit(shop.settings.id, f"payment/{payment.id}"))
        if "beside" in record.data["detail"]
    ]
    assert entry["beside"] == shop.payments[0].id


def test_the_invoices_page_asks_about_a_repeated_payment_too(shop: Shop) -> None:
    accountant = shop.sign_in(Role.ACCOUNTANT)
    fields = {"amount": "22", "day": "2026-01-15", "number": "п/п 7"}
    answer = shop.post(f"/invoices/{shop.invoices[0].id}/pay", accountant, **fields)
    assert answer.status_code == 409
    fields["beside"] = shop.payments[0].id
    assert shop.post(f"/invoices/{shop.invoices[0].id}/pay", accountant, **fields).status_code == 303


def test_the_same_form_sent_twice_is_no_repeated_payment(shop: Shop) -> None:
    accountant = shop.sign_in(Role.ACCOUNTANT)
    fields = _typed(shop, number="8", once="0" * 20)
    first, second = (shop.post("/payments", accountant, **fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]


@pytest.mark.parametrize("other", [{"amount": "23"}, {"day": "2026-01-16"}, {"number": "п/п 8"}], ids=str)
def test_a_payment_that_differs_is_not_asked_about(shop: Shop, other: dict[str, str]) -> None:
    assert shop.post("/payments", shop.sign_in(Role.ACCOUNTANT), **_typed(shop, **other)).status_code == 303


def test_a_payment_that_was_taken_back_is_entered_anew_without_a_question(shop: Shop) -> None:
    reverse_payment(shop.db, shop.payments[0].id, shop.accountant, utc_now())
    assert shop.post("/payments", shop.sign_in(Role.ACCOUNTANT), **_typed(shop)).status_code == 303


def _payments(shop: Shop) -> list[Payment]:
    return list(payments_of_party(shop.db, shop.dealers[0]))


def test_payments_of_all_dealers_are_listed_summed_filtered_and_exported(shop: Shop) -> None:
    lately = text(shop.get("/payments", shop.owner))
    assert "За последние три месяца платежей нет" in lately
    listed = _words(shop.get("/payments?day_from=2026-01-01&day_to=2026-01-31", shop.owner))
    for said in ("Светлый дом", "=1+1 & Co", "2 платежа", "44,00 ₽", "Разнесён"):
        assert said in listed, said
    one = _words(shop.get(f"/payments?party={shop.dealers[0]}", shop.owner))
    assert "Светлый дом" in one
    assert "22,00 ₽" in one
    assert "=1+1 & Co" not in one
    assert "Ничего не нашлось" in text(shop.get(f"/payments?party={shop.dealers[0]}&state=reversed", shop.owner))
    number = shop.invoices[1].number
    assert "1 платёж" in _words(shop.get(f"/payments?day_from=2026-01-01&q={number}", shop.owner))
    with ZipFile(BytesIO(file(shop.get("/payments.xlsx?day_from=2026-01-01", shop.owner)))) as book:
        assert "=1+1 &amp; Co" in book.read("xl/sharedStrings.xml").decode()
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()


def test_a_dealers_person_lists_and_exports_the_own_payments_only(shop: Shop) -> None:
    buyer = shop.sign_in(Role.DEALER_ACCOUNTANT, shop.dealers[0])
    assert "1 платёж" in _words(shop.get("/payments", buyer))
    for address in ("/payments.xlsx", f"/payments.xlsx?party={shop.dealers[1]}"):
        with ZipFile(BytesIO(file(shop.get(address, buyer)))) as book:
            assert "=1+1" not in book.read("xl/sharedStrings.xml").decode()


def _words(response: HTTPResponse) -> str:
    """A page's visible text with plain spaces."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", unescape(re.sub(r"<[^>]+>", " ", text(response))))


def test_the_printed_invoice_has_its_letters_and_sums(shop: Shop) -> None:
    response = shop.get(f"/invoices/{shop.invoices[0].id}/pdf", shop.owner)
    assert response.headers["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(file(response))
    said = document[0].get_textpage().get_text_range().replace("\u202f", " ").replace("\xa0", " ")
    for words in (
        "Счёт на оплату",
        "ООО «Светлый дом»",
        "КПП 770101001",
        "Окно ПВХ, белое",
        "НДС 22 %",
        "22,00",
        "100,00 ₽",
    ):
        assert words in said


def test_the_spreadsheet_keeps_a_name_that_begins_like_a_formula_a_text(shop: Shop) -> None:
    response = shop.get("/invoices.xlsx?view=all", shop.owner)
    with ZipFile(BytesIO(file(response))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1 &amp; Co" in strings
    assert re.search(r"<v>122(\.00)?</v>", sheet)


def test_debts_name_each_dealer_and_what_it_owes(shop: Shop) -> None:
    page = text(shop.get("/debts", shop.owner)).replace("\u202f", " ").replace("\xa0", " ")
    assert "=1+1 &amp; Co" in page
    assert page.count("100,00 ₽") >= 2


def test_debts_are_exported_to_the_manufacturers_people_only(shop: Shop) -> None:
    with ZipFile(BytesIO(file(shop.get("/debts.xlsx", shop.owner)))) as book:
        assert "Светлый дом" in book.read("xl/sharedStrings.xml").decode()
        assert "<v>100</v>" in re.sub(r"\.0+<", "<", book.read("xl/worksheets/sheet1.xml").decode())
    buyer = shop.sign_in(Role.DEALER_BUYER, shop.dealers[0])
    assert shop.get("/debts.xlsx", buyer).status_code == 404


def test_debts_say_where_the_books_disagree(shop: Shop) -> None:
    assert "Учёт расходится" not in text(shop.get("/debts", shop.owner))
    check = Check(
        party_id=shop.dealers[0],
        party_name="Светлый дом",
        contract_id="c",
        contract_number="14/0",
        currency="RUB",
        account=1,
        at=NOW,
        wrong=(Mistake(what="balance", kept=Decimal(105), due=Decimal(100)),),
    )
    shop.db.commit([check_put(shop.settings.id, check, 0, None)])
    page = text(shop.get("/debts", shop.owner)).replace("\u202f", " ").replace("\xa0", " ")
    assert "Светлый дом, договор 14/0: сальдо 105,00 ₽, а по движениям 100,00 ₽" in page


def test_a_new_dealers_form_keeps_what_was_typed_and_names_each_wrong_field(shop: Shop) -> None:
    answer = shop.post("/dealers", shop.owner, name="Новый", country="RU", tax_id="1", comment="Важный")
    page = text(answer)
    assert answer.status_code == 422
    assert 'value="Новый"' in page
    assert "Важный" in page
    named = set(re.findall(r'href="#f-([a-z_]+)"', page))
    assert {"tax_id", "entity_name", "number", "currency", "vat"} <= named


@pytest.mark.parametrize(
    "query", ["?view=<x>&sort=-nothing&page=99999&day_from=32.13.&state=odd", "?party=../..", "?q=%"]
)
def test_an_address_that_makes_no_sense_is_still_answered(shop: Shop, query: str) -> None:
    assert shop.get(f"/invoices{query}", shop.owner).status_code == 200
