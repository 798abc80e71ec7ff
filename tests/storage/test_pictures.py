"""Pictures from 1C to the pages: checked one by one, shown by the next album, served for a year, apart by tenant."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from botocore.exceptions import ClientError
from chalice.test import Client, HTTPResponse

import app
from chalicelib.catalogue.model import Query
from chalicelib.exchange import jobs, picture_import, store
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry
from chalicelib.http import sessions
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.pictures import actions, making
from chalicelib.pictures.model import digest_of
from chalicelib.storage import files
from chalicelib.storage.session import open_tenant
from chalicelib.storefront.actions import browse
from tests.storage.exchange_world import World, new_tenant
from tests.storage.exchange_world import world as world
from tests.support.pictures import picture

HEAD = '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.07">'
NAMES = ("import_files/ab/1.jpg", "import_files/ab/2.png")


def goods(*pictures: str) -> bytes:
    shown = "".join(f"<Картинка>{name}</Картинка>" for name in pictures)
    return (
        f'{HEAD}<Каталог СодержитТолькоИзменения="true"><Ид>c</Ид><Товары><Товар><Ид>g1</Ид><Артикул>A-1</Артикул>'
        f"<Наименование>Окно</Наименование>{shown}</Товар></Товары></Каталог></КоммерческаяИнформация>"
    ).encode()


def found(world: World, *names: str) -> dict[str, str]:
    album = actions.in_force(world.db)
    return {name: one.digest for name, one in album.find(names or NAMES).items()} if album else {}


def journal(world: World) -> list[JournalEntry]:
    return [entry for entry in world.journal() if entry.kind is EntryKind.PICTURES]


def rejected(world: World, entry: JournalEntry) -> list[tuple[int, str, str]]:
    return [(row.number, row.subject, row.reason) for row in store.load_rejected(world.db, entry.id)]


def test_pictures_of_an_archive_are_shown_by_the_next_album_and_a_bad_one_is_named(world: World) -> None:
    one, two = picture(colour="red"), picture("PNG")
    bad = {"import_files/ab/3.jpg": b"<html>404</html>", "import_files/ab/4.jpg": picture()[:-200]}
    replies = world.client().upload({"import.xml": goods(*NAMES), **dict(zip(NAMES, (one, two), strict=True)), **bad})
    assert [reply.word for reply in replies] == ["success"]
    assert world.listed() == 1
    assert found(world) == {}
    world.later(60)
    assert found(world) == {NAMES[0]: digest_of(one), NAMES[1]: digest_of(two)}
    (entry,) = journal(world)
    assert (entry.state, entry.received, entry.applied, entry.changed) == (EntryState.PARTLY, 4, 2, 2)
    assert rejected(world, entry) == [
        (3, "import_files/ab/3.jpg", "picture_format"),
        (4, "import_files/ab/4.jpg", "picture_broken"),
    ]


def test_pictures_that_come_by_themselves_have_a_line_in_the_journal_only_when_they_are_refused(world: World) -> None:
    client = world.client(uses_zip=False)
    client.upload({"import.xml": goods(*NAMES), NAMES[0]: picture(), NAMES[1]: b"\xff\xd8 no picture \xff\xd9"})
    world.later(60)
    assert list(found(world)) == [NAMES[0]]
    (entry,) = journal(world)
    assert (entry.name, entry.state, entry.code) == (NAMES[1], EntryState.FAILED, "picture_format")


def test_a_picture_in_several_fragments_is_one_picture(world: World) -> None:
    whole = picture("PNG", (900, 900))
    client = world.client(uses_zip=False)
    client.check_in()
    client.begin()
    client.send(NAMES[0], whole, limit=len(whole) // 3)
    world.later(60)
    assert found(world) == {NAMES[0]: digest_of(whole)}


def test_a_picture_without_a_visible_end_is_taken_after_silence(world: World) -> None:
    whole = picture("WEBP")
    client = world.client(uses_zip=False)
    client.check_in()
    client.begin()
    client.send(NAMES[0], whole)
    world.later(60)
    assert found(world) == {}
    world.later(60)
    world.later(1)
    assert found(world) == {NAMES[0]: digest_of(whole)}


def test_the_same_pictures_sent_again_are_neither_unpacked_nor_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"import.xml": goods(*NAMES), NAMES[0]: picture(colour="red"), NAMES[1]: picture("PNG")}
    world.client().upload(sent)
    world.later(60)
    before = actions.in_force(world.db)
    stored = {key for key in world.blobs if not key.startswith("uploads/")}
    monkeypatch.setattr(making, "make", None)
    world.client().upload(sent)
    world.later(60)
    assert actions.in_force(world.db) is before
    assert {key for key in world.blobs if not key.startswith("uploads/")} >= stored
    assert journal(world)[-1].changed == 0
    renamed = {"import_files/new.jpg": sent[NAMES[0]]}
    world.client().upload(renamed)
    world.later(60)
    assert found(world, "import_files/new.jpg") == {"import_files/new.jpg": digest_of(sent[NAMES[0]])}


def test_another_picture_under_the_same_name_takes_its_place(world: World) -> None:
    for colour in ("red", "green"):
        world.client().upload({NAMES[0]: picture(colour=colour)})
        world.later(60)
    assert found(world) == {NAMES[0]: digest_of(picture(colour="green"))}
    albums = [key for key in world.blobs if "/albums/" in key]
    assert len(albums) == 2, "readers may still be opening the one before"


def test_a_large_archive_is_taken_in_several_messages_and_told_in_one_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_import, "AT_ONCE", 2)
    names = [f"import_files/{n}.png" for n in range(5)]
    content = {name: picture("PNG", (20 + n, 20)) for n, name in enumerate(names)}
    content[names[2]] = b"nothing"
    world.eager = False
    client = world.client(calls_import=False)
    client.upload(content)
    asked: Counter[str] = Counter()
    while world.queue:
        message = world.queue.pop(0)
        asked[str(message["do"])] += 1
        for _ in range(2):  # every message comes twice
            jobs.run_import(message, world.now)
    world.later(60)
    assert asked["pictures"] == 3
    assert len(found(world, *names)) == 4
    (entry,) = journal(world)
    assert (entry.state, entry.received, entry.rejected) == (EntryState.PARTLY, 5, 1)
    assert rejected(world, entry) == [(3, names[2], "picture_format")]


def test_a_picture_of_an_archive_that_is_too_large_is_not_even_unpacked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = picture("PNG", (20, 20)), picture(size=(900, 900))
    monkeypatch.setattr(picture_import, "MAX_BYTES", len(small))
    world.client().upload({NAMES[0]: large, NAMES[1]: small})
    world.later(60)
    assert list(found(world)) == [NAMES[1]]
    assert rejected(world, journal(world)[0]) == [(1, NAMES[0], "picture_too_big")]


def test_news_are_shown_once_however_many_rows_of_them_are_due(world: World) -> None:
    client = world.client(uses_zip=False)
    client.check_in()
    client.begin()
    for n in range(4):
        client.send(f"import_files/{n}.jpg", picture(size=(30 + n, 20)))
    assert run_due(world.tenant_id, due_handler, world.now) >= 4
    assert len([key for key in world.blobs if "/albums/" in key]) == 1
    assert run_due(world.tenant_id, due_handler, world.now) == 0


# --- pages -------------------------------------------------------------------------------------------------


def signed_in(world: World, tenant_id: str, role: Role = Role.OWNER) -> str:
    settings = world.settings
    person = sessions.SignedIn(
        tenant_id=tenant_id, tenant_name=settings.name, currency="RUB", time_zone="Europe/Moscow",
        user_id=new_id(utc_now()), name="Анна", email="anna@example.org", locale="ru", role=role,
    )  # fmt: skip
    return sessions.start(open_tenant(tenant_id), person, now=utc_now(), agent="test")


def get(path: str, cookie: str) -> HTTPResponse:
    headers = {"cookie": f"{sessions.cookie_name()}={cookie}", "host": "localhost", "accept-language": "ru"}
    with Client(app.app) as client:
        return client.http.get(path, headers=headers)


@pytest.fixture
def shown(world: World) -> World:
    content = {NAMES[0]: picture(colour="red"), NAMES[1]: picture("PNG", (300, 600))}
    world.client().upload({"import.xml": goods(*NAMES, "import_files/lost.jpg"), **content})
    world.later(60)
    return world


def test_the_list_and_the_products_page_show_what_came_and_leave_room_for_it(shown: World) -> None:
    cookie = signed_in(shown, shown.tenant_id)
    listed = get("/catalogue", cookie).body.decode()
    (src,) = re.findall(r'<img src="(/pictures/[^"]+)" alt="" width="96" height="96" loading="lazy"', listed)
    assert src == f"/pictures/{digest_of(picture(colour='red'))}-96.webp"
    product = get(re.findall(r'href="(/catalogue/\w{20})"', listed)[0], cookie).body.decode()
    large = re.findall(r'src="/pictures/\w{32}-480\.webp" alt="([^"]+)" width="(\d+)" height="(\d+)"', product)
    assert large == [("Окно", "480", "300"), ("Окно, изображение 2", "240", "480")]


def test_a_copy_is_kept_by_browsers_for_a_year_and_only_the_own_tenant_has_it(shown: World) -> None:
    path = f"/pictures/{digest_of(picture(colour='red'))}-96.webp"
    answer = get(path, signed_in(shown, shown.tenant_id))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    stranger = signed_in(shown, new_tenant())
    assert get(path, stranger).status_code == 404
    for wrong in (path.replace("-96", "-97"), f"/pictures/{'0' * 32}-96.webp", "/pictures/..%2f..%2fx-96.webp"):
        assert get(wrong, signed_in(shown, shown.tenant_id)).status_code == 404
    assert get(path, "").status_code in (302, 303)


def test_pictures_cost_a_page_of_the_catalogue_no_call(shown: World) -> None:
    actor = Actor(tenant_id=shown.tenant_id, user_id="u", name="u", role=Role.OWNER)
    db = shown.db
    page = browse(db, actor, None, Query(), shown.now)
    assert page is not None
    assert len(page.pictures) == 1
    assert db.usage.calls == 2


def test_a_file_that_s3_denies_is_not_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    def denied(code: str) -> None:
        def get(_owner: str, _key: str) -> bytes:
            raise ClientError({"Error": {"Code": code}}, "GetObject")

        monkeypatch.setattr(files, "get", get)

    for code in ("AccessDenied", "NoSuchKey"):
        denied(code)
        assert files.find(world.tenant_id, "x") is None
    denied("SlowDown")
    with pytest.raises(ClientError):
        files.find(world.tenant_id, "x")
