"""What a script adds to the pages of goods: order by keys and by dragging, and several pictures at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chalicelib.kernel.access import Role
from tests.support.browser import NewPage, axe_findings, signs_in
from tests.support.pictures import picture


@pytest.fixture
def office(demo: dict[str, Any], new_page: NewPage) -> Iterator[Page]:
    page = new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    signs_in(page, demo, Role.OWNER)
    yield page
    assert not said


def test_categories_are_moved_by_keys_and_by_dragging_and_the_change_is_undone(office: Page) -> None:
    office.goto("/goods/categories")
    rows = office.locator("tr[data-item]")
    before = rows.locator("a").all_inner_texts()

    def handle(name: str) -> Any:
        return rows.filter(has=office.get_by_role("link", name=name, exact=True)).locator("[data-handle]")

    handle("Отливы").focus()
    office.keyboard.press("ArrowLeft")
    expect(office.locator("[data-said]")).to_have_text("Теперь на месте 3")
    handle("Двери").drag_to(rows.filter(has=office.get_by_role("link", name="Окна", exact=True)))
    moved = rows.locator("a").all_inner_texts()
    assert moved.index("Двери") > moved.index("Окна ПВХ")
    assert rows.nth(moved.index("Двери")).get_attribute("data-depth") == "2"
    office.get_by_role("button", name="Сохранить порядок").click()
    expect(office.locator("main [role=status]").first).to_contain_text("Сохранено")
    assert rows.locator("a").all_inner_texts() == moved
    assert not axe_findings(office)
    office.get_by_role("button", name="Отменить эту правку").click()
    expect(office.locator("main [role=status]").first).to_contain_text("Правка отменена")
    assert rows.locator("a").all_inner_texts() == before


def test_several_pictures_are_brought_at_once_and_a_bad_one_is_refused_with_the_reason(office: Page) -> None:
    office.goto("/goods?q=FR-ZM-01")
    office.locator("tbody a").first.click()
    office.get_by_role("link", name="Изменить изображения").click()
    shots = office.locator("[data-arrange=grid] [data-item]")
    before = shots.count()
    office.locator("input[type=file]").set_input_files(
        [
            {"name": "red.jpg", "mimeType": "image/jpeg", "buffer": picture(colour="red")},
            {"name": "page.png", "mimeType": "image/png", "buffer": b"<html>"},
            {"name": "blue.png", "mimeType": "image/png", "buffer": picture("PNG", colour="blue")},
        ]
    )
    office.get_by_role("button", name="Добавить", exact=True).click()
    expect(shots).to_have_count(before + 2, timeout=60_000)
    expect(office.locator(".note.warn")).to_contain_text("«page.png» не добавлено. Это не JPEG, PNG, WebP или GIF.")
    names = [shots.nth(at).locator("input[type=hidden]").input_value() for at in range(before + 2)]
    shots.last.locator("[data-handle]").focus()
    office.keyboard.press("ArrowLeft")
    office.get_by_role("button", name="Сохранить порядок").click()
    expect(office.locator("main [role=status]").first).to_contain_text("Сохранено")
    after = [shots.nth(at).locator("input[type=hidden]").input_value() for at in range(before + 2)]
    assert after == [*names[:-2], names[-1], names[-2]]
    assert not axe_findings(office)
