"""A product's pictures by hand: brought to S3, made by the worker, put in order, kept through exchanges."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from chalicelib.catalogue.model import sku_id
from chalicelib.goods import store
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.pictures.actions import in_force
from chalicelib.pictures.model import MAX_BYTES, digest_of, own_name
from tests.clients.onec import Reply
from tests.storage.exchange_world import world as world
from tests.storage.test_goods_uploads import DOOR, WINDOW, Office, kontor_sku
from tests.storage.test_goods_uploads import office as office
from tests.support.pictures import picture

_HEAD = "Артикул;Наименование;Группа;Ед.;НДС;Цена Розница;Остаток Север;Цвет\n"
RED, BLUE = picture(colour="red"), picture("PNG", colour="blue")
_ERP = """<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.08">
<Каталог СодержитТолькоИзменения="true"><Ид>c</Ид><Товары><Товар><Ид>p-1</Ид><Артикул>ERP-1</Артикул>
<Наименование>Окно</Наименование>{}</Товар></Товары></Каталог></КоммерческаяИнформация>"""


def name_of(content: bytes) -> str:
    return own_name(digest_of(content))


def bring(office: Office, sku: str, content: bytes, name: str = "фото.jpg", batch: str = "b") -> Reply:
    """What the browser does: the file is with S3, which sends it back to the page."""
    key = f"{store.picture_folder(office.world.tenant_id, sku, batch)}/{name}"
    office.world.blobs[key] = content
    return office.ask("GET", f"/goods/{sku}/pictures?key={key}")


def pictures_of(office: Office, sku: str) -> list[str]:
    catalogue = office.world.catalogue()
    shown = catalogue.product(sku) if catalogue else None
    return list(shown.pictures) if shown else []


def arrange(office: Office, sku: str, *names: str, **fields: str) -> Reply:
    shown = {f"name_{at}": name for at, name in enumerate(names, start=1)}
    return office.ask("POST", f"/goods/{sku}/pictures", shown | fields)


@pytest.fixture
def sku(office: Office) -> str:
    office.take(_HEAD + WINDOW + DOOR)
    return kontor_sku(office, "A-1")


def from_erp(office: Office, *pictures: str) -> str:
    shown = "".join(f"<Картинка>{one}</Картинка>" for one in pictures)
    office.world.eager = True
    office.world.client().upload({"import.xml": _ERP.format(shown).encode()})
    office.world.eager = False
    return sku_id("p-1", None)


def test_a_picture_that_is_brought_is_made_small_and_shown_with_the_product(office: Office, sku: str) -> None:
    assert bring(office, sku, RED).status == 303
    assert "фото.jpg: делается уменьшенная копия" in office.text(f"/goods/{sku}/pictures")
    office.work()
    assert pictures_of(office, sku) == [name_of(RED)]
    assert f"/pictures/{digest_of(RED)}-480.webp" in office.text(f"/goods/{sku}/pictures")
    assert office.ask("GET", f"/pictures/{digest_of(RED)}-96.webp").status == 200
    office.world.later(60)
    album = in_force(office.world.db)
    assert album
    assert list(album.find([name_of(RED)])) == [name_of(RED)]


def test_the_same_picture_is_in_a_product_once_however_often_it_is_brought(office: Office, sku: str) -> None:
    for batch in ("b", "b", "c"):
        bring(office, sku, RED, batch=batch)
    office.work()
    assert pictures_of(office, sku) == [name_of(RED)]
    assert store.brought_pictures(office.world.db, sku) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "Это не JPEG, PNG, WebP или GIF."),
        (RED[:-300], "Файл повреждён или пришёл не целиком."),
        (b"\x89PNG" + bytes(MAX_BYTES), "Файл больше 20 МБ."),
        (picture("PNG", (10_000, 6_000)), "Больше 25 млн точек или сторона длиннее 20000 точек."),
    ],
    ids=["a script", "half a file", "too many bytes", "too many pixels"],
)
def test_what_is_no_picture_is_refused_with_the_reason_and_the_others_stay(
    office: Office, sku: str, content: bytes, why: str
) -> None:
    bring(office, sku, RED)
    bring(office, sku, content, name="bad.jpg")
    office.work()
    page = office.text(f"/goods/{sku}/pictures")
    assert f"«bad.jpg» не добавлено. {why}" in page
    assert pictures_of(office, sku) == [name_of(RED)]
    (refused,) = store.brought_pictures(office.world.db, sku)
    office.ask("POST", f"/goods/{sku}/pictures/forget", {"id": refused.id})
    assert "не добавлено" not in office.text(f"/goods/{sku}/pictures")


def test_a_file_that_is_not_this_products_is_not_found(office: Office, sku: str) -> None:
    key = f"{store.picture_folder(office.world.tenant_id, kontor_sku(office, 'B-1'), 'b')}/1.jpg"
    assert office.ask("GET", f"/goods/{sku}/pictures?key={key}").status == 404
    assert office.ask("GET", "/goods/none/pictures").status == 404


def test_pictures_are_put_in_order_by_number_the_one_that_was_moved_takes_the_place(office: Office, sku: str) -> None:
    green = picture(colour="green")
    for content in (RED, BLUE, green):
        bring(office, sku, content, name=digest_of(content))
        office.work()
    names = [name_of(one) for one in (RED, BLUE, green)]
    assert arrange(office, sku, *names, place_1="1", place_2="2", place_3="1").status == 303
    office.work()
    assert pictures_of(office, sku) == [names[2], names[0], names[1]]
    arrange(office, sku, names[2], names[0], names[1], place_1="1", place_2="2", place_3="3", main=names[1])
    arrange(office, sku, names[1], names[2], names[0], place_1="1", place_2="2", place_3="3", gone=names[2])
    office.work()
    assert pictures_of(office, sku) == [names[1], names[0]]


def test_an_order_that_somebody_else_changed_meanwhile_is_told_but_a_new_picture_is_no_reason(
    office: Office, sku: str
) -> None:
    for content in (RED, BLUE):
        bring(office, sku, content, name=digest_of(content))
        office.work()
    red, blue = name_of(RED), name_of(BLUE)
    assert arrange(office, sku, red, place_1="1").status == 303
    for _ in range(2):  # sent twice
        assert arrange(office, sku, red, blue, place_1="2", place_2="1", once="k" * 20).status == 303
    assert arrange(office, sku, red, blue, place_1="1", place_2="2", gone=red).status == 409
    office.work()
    assert pictures_of(office, sku) == [blue, red]


def test_what_a_person_made_of_the_erps_pictures_stays_through_exchanges_until_it_is_given_back(office: Office) -> None:
    sku = from_erp(office, "1.jpg", "2.jpg")
    bring(office, sku, RED)
    office.work()
    arrange(office, sku, "1.jpg", "2.jpg", name_of(RED), main=name_of(RED), gone="1.jpg", place_2="2", place_3="3")
    office.work()
    from_erp(office, "1.jpg", "2.jpg", "3.jpg")
    assert pictures_of(office, sku) == [name_of(RED), "2.jpg", "3.jpg"]
    assert "Показывать как в 1С" in office.text(f"/goods/{sku}/pictures")
    office.ask("POST", f"/goods/{sku}/pictures/back")
    office.work()
    assert pictures_of(office, sku) == ["1.jpg", "2.jpg", "3.jpg"]
    assert "Показывать как в 1С" not in office.text(f"/goods/{sku}/pictures")


def test_a_variants_pictures_are_its_products(office: Office) -> None:
    office.world.eager = True
    variants = "".join(
        f"<Товар><Ид>p-1#v-{n}</Ид><Артикул>V-{n}</Артикул><Наименование>Окно {n}</Наименование>"
        "<Картинка>1.jpg</Картинка><Картинка>2.jpg</Картинка></Товар>"
        for n in (1, 2)
    )
    goods = re.sub("<Товар>.*</Товар>", variants, _ERP, flags=re.DOTALL)
    office.world.client().upload({"import.xml": goods.encode()})
    office.world.eager = False
    one, two = sku_id("p-1", "v-1"), sku_id("p-1", "v-2")
    for sku in (one, two, one):
        shown = pictures_of(office, sku)
        assert arrange(office, sku, *shown, place_1="2", place_2="1").status == 303
        office.work()
        assert pictures_of(office, one) == pictures_of(office, two) == shown[::-1]


def test_a_picture_whose_message_was_lost_is_taken_later(office: Office, sku: str) -> None:
    bring(office, sku, RED)
    office.world.queue.clear()
    office.world.ahead += timedelta(minutes=6)
    run_due(office.world.tenant_id, due_handler, office.world.now)
    office.work()
    assert pictures_of(office, sku) == [name_of(RED)]


def test_the_page_may_send_to_s3_by_form_and_by_script_and_nowhere_else(office: Office, sku: str) -> None:
    policy = office.ask("GET", f"/goods/{sku}/pictures").headers["content-security-policy"][0]
    assert re.findall(r"(?:form-action|connect-src) [^;]+", policy) == [
        "connect-src 'self' https://bucket.s3.example",
        "form-action 'self' https://bucket.s3.example",
    ]


def test_a_picture_that_was_taken_away_is_not_brought_back_by_reloading_the_page_that_brought_it(
    office: Office, sku: str
) -> None:
    bring(office, sku, RED)
    office.work()
    arrange(office, sku, name_of(RED), gone=name_of(RED), place_1="1")
    bring(office, sku, RED)
    office.work()
    assert pictures_of(office, sku) == []
