"""The main job, end to end, as people and 1C do it: from a manufacturer's sign-up to the reminder mail."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from xml.etree import ElementTree

from playwright.sync_api import Page, expect

from tests.support.browser import NewPage
from tests.support.stack import Stack
from tools import demo_catalogue
from tools.cabinet_client import OneC
from tools.local_stack import MAIL_FROM

PASSWORD = "Zimnie-Okna-2026"
MARK = f"{time.time_ns():x}"[-8:]
# A zone in which the working day has begun: reminders go out after 9 o'clock of the tenant's time.
ZONE = "UTC" if 9 <= datetime.now(UTC).hour <= 20 else "Asia/Kamchatka"
OWNER, BUYER = f"anna.{MARK}@plant.example", f"pavel.{MARK}@dealer.example"


def _fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        control = page.locator(f"main [name={name}]").first
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def _send(page: Page, action: str) -> None:
    """Presses the main button of the page's form to `action` and waits for the next page."""
    form = page.locator(f"main form[action$='{action}']").first
    main = form.locator("[data-submit]")
    with page.expect_navigation(wait_until="load"):
        (main if main.count() else form.locator("button")).first.click()


def _mail(stack: Stack, to: str, containing: str) -> str:
    """Text of the newest mail to a reader that contains the words; mails go out by queue, so wait for it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for mail in reversed(stack.mails(to)):
            text = f"{mail.get('Subject', '')}\n{mail.get('BodyText', '')}\n{mail.get('BodyHtml', '')}"
            if containing in text:
                return text
        time.sleep(0.5)
    raise AssertionError(f"no mail to {to} with {containing!r}: {[m.get('Subject') for m in stack.mails(to)]}")


def _signs_up(page: Page, stack: Stack) -> None:
    page.goto("/signup")
    _fill(page, company="Зимние окна", country="RU", tax_id="7707083893", currency="RUB", time_zone=ZONE)
    _fill(page, locale="ru", name="Анна Петрова", email=OWNER, password=PASSWORD)
    _send(page, "/signup")
    code = re.search(r"\b\d{6}\b", _mail(stack, OWNER, "Kontor"))
    assert code
    assert {mail["Source"] for mail in stack.mails(OWNER)} == {MAIL_FROM}  # Cognito's mails as all the others
    _fill(page, code=code.group())
    _send(page, "/signup/confirm")
    expect(page.locator("main")).to_contain_text("Подключите 1С")


def _works_every_day(page: Page) -> None:
    page.goto("/settings")
    while page.locator("[name=closed_weekdays]:checked").count():
        page.locator("[name=closed_weekdays]:checked").first.uncheck()
    _send(page, "/settings")


def _connects_1c(page: Page) -> OneC:
    page.goto("/exchange")
    address, user = page.locator("dl code").all_inner_texts()[:2]
    _send(page, "/exchange/password")
    password = page.locator("main .note code, main [role=status] code, main code").first.inner_text()
    erp = OneC(address, user, password)
    erp.upload({"import0_1.xml": demo_catalogue.import_xml(), "offers0_1.xml": demo_catalogue.offers_xml()})
    page.goto("/exchange")
    expect(page.locator("main")).to_contain_text("import0_1.xml")
    return erp


def _adds_dealer(page: Page) -> str:
    page.goto("/dealers/new")
    _fill(page, name="Светлый дом", entity_name="ООО «Светлый дом»", country="RU", tax_id="7736207543")
    _fill(page, tax_reason="773601001", number="14/2026", price_type=demo_catalogue.guid("Дилерская"))
    _fill(page, credit_limit="500000", deferral_days="0")
    _send(page, "/dealers")
    expect(page).to_have_url(re.compile(r"/dealers/[0-9a-z]{20}"))
    dealer = page.url.split("?")[0]
    page.goto(f"{dealer}/invite")
    _fill(page, person_name="Павел Волков", email=BUYER, locale="ru")
    page.locator("main [name=role][value=dealer_buyer]").check()
    _send(page, "/invite")
    return dealer


def _accepts(page: Page, stack: Stack) -> None:
    link = re.search(r"/invitation\?token=[\w.-]+", _mail(stack, BUYER, "/invitation?token="))
    assert link
    page.goto(link.group())
    _fill(page, password=PASSWORD)
    _send(page, "/invitation")
    expect(page.locator("main")).to_contain_text("Можно заказать")


def _orders(page: Page) -> str:
    page.goto("/catalogue?q=окна белые кбе")
    expect(page.locator("main")).to_contain_text("Окно ПВХ двустворчатое КБЕ 70")
    row = page.locator("tr", has_text="OK-70-01").first
    row.locator("[name=quantity]").fill("5")
    with page.expect_navigation(wait_until="load"):
        row.locator("button").first.click()
    page.goto("/cart")
    _fill(page, text="FR-NT-01\t5\nНЕТ-ТАКОГО 3\nPD-MO-03 6,5")
    _send(page, "/cart/paste")
    expect(page.locator("main [role=alert]")).to_contain_text("НЕТ-ТАКОГО")
    page.goto("/cart")
    expect(page.locator("main table")).to_contain_text("PD-MO-03")
    _fill(page, comment="Поднять на 3 этаж")
    _send(page, "/cart/place")
    expect(page.locator("h1")).to_contain_text("K-000001")
    expect(page).to_have_url(re.compile(r"/orders/[0-9a-z]{20}"))
    return page.url.split("?")[0]


def _is_changed_and_agreed(manager: Page, buyer: Page, order: str) -> None:
    manager.goto("/moderation")
    expect(manager.locator("main")).to_contain_text("K-000001")
    manager.goto(order)
    manager.locator("#change .qty, form[action$='/change'] .qty").first.fill("4")
    manager.locator("form[action$='/change'] [name=comment]").fill("Пятое окно будет в декабре")
    with manager.expect_navigation(wait_until="load"):
        manager.locator("form[action$='/change'] button").last.click()
    buyer.goto(order)
    expect(buyer.locator("main")).to_contain_text("Пятое окно будет в декабре")
    expect(buyer.locator("main ins").first).to_contain_text("4")
    with buyer.expect_navigation(wait_until="load"):
        buyer.locator("form[action$='/accept'] button").first.click()
    manager.goto(order)
    with manager.expect_navigation(wait_until="load"):
        manager.locator("button[formaction$='/confirm']").click()
    expect(manager.locator("main")).to_contain_text("Подтверждён")


def _goes_to_1c(erp: OneC) -> str:
    """The order's number as 1C reads it; only `success` takes it off the list."""
    for _ in range(2):  # a session that broke before `success`: the same order is offered again
        erp.expect("sale", "checkauth")
        answer = erp.call("sale", "query")
        assert answer.startswith(b"<?xml")
        assert "windows-1251" in answer.decode("cp1251")[:60]
        document = ElementTree.fromstring(answer)
        numbers = [node.text for node in document.iter("Номер")]
        assert numbers[0] == "K-000001"
        assert next(node.text for node in document.iter("Количество")) == "4"
    erp.expect("sale", "success")
    erp.expect("sale", "checkauth")
    assert not list(ElementTree.fromstring(erp.call("sale", "query")).iter("Документ"))
    return numbers[0]


def _requisites(values: dict[str, str]) -> str:
    rows = (
        f"<ЗначениеРеквизита><Наименование>{name}</Наименование><Значение>{value}</Значение></ЗначениеРеквизита>"
        for name, value in values.items()
    )
    return f"<ЗначенияРеквизитов>{''.join(rows)}</ЗначенияРеквизитов>"


def _answers(erp: OneC, number: str, lines: list[tuple[str, str, str]]) -> None:
    """1C ships everything and has got a part of the money: a document with subordinate ones, as УНФ sends it."""
    goods = "".join(
        f"<Товар><Ид>{sku}</Ид><Наименование>{name}</Наименование><Количество>{quantity}</Количество></Товар>"
        for sku, name, quantity in lines
    )
    today = datetime.now(UTC).date().isoformat()
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.10"><Документ>'
        f"<Ид>6f1c1c1e-0000-4000-8000-00000000000{len(number) % 10}</Ид><Номер>{number}</Номер><Дата>{today}</Дата>"
        "<ХозОперация>Заказ товара</ХозОперация><Роль>Продавец</Роль><Валюта>RUB</Валюта>"
        f"{_requisites({'Номер по 1С': '00УТ-000777', 'Проведен': 'true', 'Статус заказа': 'Отгружен'})}"
        "<ПодчиненныеДокументы>"
        "<ПодчиненныйДокумент><Ид>pay-1</Ид><Номер>П-15</Номер><ХозОперация>Выплата безналичных денег</ХозОперация>"
        f"<Дата>{today}</Дата><Валюта>RUB</Валюта><Сумма>10000.00</Сумма>"
        f"{_requisites({'Номер оплаты по 1С': 'П-15', 'Дата оплаты по 1С': today, 'Оплачен': 'true'})}"
        "</ПодчиненныйДокумент>"
        "<ПодчиненныйДокумент><Ид>ship-1</Ид><Номер>О-9</Номер><ХозОперация>Отпуск товара</ХозОперация>"
        f"<Дата>{today}</Дата><Товары>{goods}</Товары>"
        f"{_requisites({'Отгружен': 'true', 'Номер документа отгрузки': 'О-9'})}"
        "</ПодчиненныйДокумент>"
        f"</ПодчиненныеДокументы><Товары>{goods}</Товары></Документ></КоммерческаяИнформация>"
    )
    for name in ("orders-1.xml", "orders-1-again.xml"):  # 1C sends the same document in the next run too
        erp.upload({name: document.encode()}, kind="sale")


def _reminders(stack: Stack) -> list[str]:
    """Reminders that the buyer got: mails that link to the invoices."""
    texts = (str(mail["BodyText"]) for mail in stack.mails(BUYER))
    return [text for text in texts if "/invoices" in text and "K-000001" in text]


def _all_is_carried_out(stack: Stack) -> None:
    """Waits until no queue has had a message for a second: one message may lead to another, by way of the outbox."""
    sqs, deadline, quiet = stack.client("sqs"), time.monotonic() + 30, 0
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    urls = [url for url in sqs.list_queues().get("QueueUrls", ()) if "dead" not in url]
    while quiet < 5:
        assert time.monotonic() < deadline, "the queues never become empty"
        left = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
        quiet = 0 if any(int(count) for counts in left for count in counts.values()) else quiet + 1
        time.sleep(0.2)


def test_from_sign_up_to_the_reminder_mail(stack: Stack, new_page: NewPage) -> None:
    owner, buyer = new_page(), new_page()
    _signs_up(owner, stack)
    _works_every_day(owner)
    erp = _connects_1c(owner)
    _adds_dealer(owner)
    _accepts(buyer, stack)
    order = _orders(buyer)
    _is_changed_and_agreed(owner, buyer, order)

    sent = ElementTree.fromstring(_query(erp))
    lines = [
        (str(node.findtext("Ид")), str(node.findtext("Наименование")), str(node.findtext("Количество")))
        for node in sent.iter("Товар")
    ]
    number = _goes_to_1c(erp)
    _answers(erp, number, lines)

    buyer.goto(order)
    expect(buyer.locator("main")).to_contain_text("00УТ-000777")
    expect(buyer.locator("main")).to_contain_text("О-9")
    expect(buyer.locator("main")).to_contain_text("П-15")

    buyer.goto("/invoices")
    expect(buyer.locator("main")).to_contain_text("K-000001")
    buyer.locator("tbody tr a").first.click()
    expect(buyer.locator("main")).to_contain_text("10 000,00".replace(" ", " "))
    pdf = buyer.request.get(str(buyer.locator("a[href$='/pdf']").first.get_attribute("href")))
    assert pdf.body().startswith(b"%PDF")

    deadline = time.monotonic() + 90
    while not _reminders(stack) and time.monotonic() < deadline:
        stack.every_minute()
        _all_is_carried_out(stack)
    for _ in range(3):
        stack.every_minute()
    _all_is_carried_out(stack)
    (reminder,) = _reminders(stack)
    assert "Зимние окна" in reminder


def _query(erp: OneC) -> bytes:
    erp.expect("sale", "checkauth")
    return erp.call("sale", "query")
