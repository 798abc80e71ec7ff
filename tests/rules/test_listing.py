"""What an address says of a list, and the addresses that a list makes."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row

FMT = Formats("ru", "Europe/Moscow")
NAMES = ["q", "status", "view", "sort", "cursor", "page", "lang", "X-Bad", "a b"]
addresses = st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30), max_size=9)


def parsed(href: str) -> ListQuery:
    return ListQuery.parse(dict(parse_qsl(href.removeprefix("?"))))


def test_filters_view_sort_and_page_come_from_the_address() -> None:
    query = ListQuery.parse({"q": " дуб ", "status": "new", "view": "mine", "sort": "-sum", "page": "3", "empty": ""})
    assert (query.get("q"), query.get("status"), query.get("empty")) == ("дуб", "new", "")
    assert (query.view, query.sort, query.descending, query.page) == ("mine", "sum", True, 3)


def test_values_may_come_as_lists() -> None:
    assert ListQuery.parse({"q": ["a", "b"], "page": ["2"]}).get("q") == "a"


def test_nonsense_in_an_address_is_left_out() -> None:
    nonsense = {"page": "-1", "sort": "a;drop", "view": "<x>", "Bad-Name": "1", "lang": "ru", "notice": "saved"}
    assert ListQuery.parse(nonsense) == ListQuery()


def test_a_value_that_a_filter_does_not_offer_is_off_unless_it_is_open_and_the_rest_is_kept() -> None:
    query = ListQuery.parse({"status": "new", "sort": "sum"})

    def listing(value: str, *, is_open: bool = False) -> Listing:
        one = Filter(name="status", label_key="x", options=((value, value),), open=is_open)
        return Listing(caption_key="x", columns=(), rows=(), query=query, empty_key="x", filters=(one,))

    off = listing("old")
    assert off.query == ListQuery.parse({"sort": "sum"})
    assert (off.is_filtered, off.is_narrowed, off.pills[0].said(off.query, FMT)) == (False, False, "")
    assert listing("new").query == listing("old", is_open=True).query == query


def test_a_link_keeps_the_rest_and_begins_at_the_first_page() -> None:
    kept = {"q": "дуб & клён", "view": "mine", "sort": "sum"}
    query = ListQuery.parse(kept | {"cursor": "abc", "page": "4"})
    assert parsed(query.href(status="new")) == ListQuery.parse(kept | {"status": "new"})
    assert parsed(query.without(("q",))).get("q") == ""
    assert parsed(query.at_cursor("next")).cursor == "next"
    assert parsed(query.at_page(5)).page == 5
    assert parsed(query.at_page(1)) == parsed(query.href())


def test_a_heads_link_sorts_up_then_down() -> None:
    query = ListQuery.parse({})
    assert parsed(query.sorted_by("sum")).descending is False
    assert parsed(parsed(query.sorted_by("sum")).sorted_by("sum")).descending is True
    assert parsed(ListQuery.parse({"sort": "-sum"}).sorted_by("sum")).descending is False


def test_an_export_is_of_exactly_this_view() -> None:
    assert ListQuery.parse({"q": "дуб", "page": "2"}).link("/orders.xlsx") == "/orders.xlsx?q=%D0%B4%D1%83%D0%B1"
    assert ListQuery().link("/orders.xlsx") == "/orders.xlsx"


def test_a_forms_hidden_fields_carry_all_but_its_own() -> None:
    query = ListQuery.parse({"q": "a", "placed_from": "2026-11-01", "sort": "-sum", "cursor": "c"})
    assert query.pairs("placed_from", "placed_to") == (("q", "a"), ("sort", "-sum"))


@given(addresses)
@example({"sort": "-"})
@example({"sort": "-!"})
def test_any_address_is_understood_and_its_own_link_means_the_same(address: dict[str, str]) -> None:
    query = ListQuery.parse(address)
    assert parsed(query.href()) == replace(query, cursor="", page=1)


def test_a_pill_says_what_its_filter_is_set_to() -> None:
    query = ListQuery.parse({"status": "new", "placed_from": "2026-11-01", "sum_to": "500"})
    assert Filter(name="status", label_key="x", options=(("new", "Новые"),)).said(query, FMT) == "Новые"
    assert Filter(name="placed", label_key="x", kind="dates").said(query, FMT) == "01.11.2026 –"
    assert Filter(name="sum", label_key="x", kind="range").said(query, FMT) == "– 500"
    assert Filter(name="other", label_key="x").said(query, FMT) == ""


def test_a_list_knows_whether_only_its_filters_leave_it_empty() -> None:
    def listing(query: ListQuery) -> Listing:
        filters = (Filter(name="q", label_key="x", kind="search"), Filter(name="placed", label_key="x", kind="dates"))
        return Listing(caption_key="x", columns=(), rows=(), query=query, empty_key="x", filters=filters)

    dated, sought = listing(ListQuery.parse({"placed_to": "2026-11-01"})), listing(ListQuery.parse({"q": "a"}))
    assert (dated.is_filtered, dated.is_narrowed) == (True, True)
    assert (sought.is_filtered, sought.is_narrowed) == (True, False)
    assert not listing(ListQuery.parse({"other": "1"})).is_filtered


def test_cells_may_be_plain_texts_or_absent() -> None:
    row = Row(id="1", cells={"a": "text", "b": Cell("link", href="/x")})
    assert (row.cell("a"), row.cell("b").href, row.cell("c").text) == (Cell("text"), "/x", "")
    assert Column(key="a", label_key="x", kind="money").right
