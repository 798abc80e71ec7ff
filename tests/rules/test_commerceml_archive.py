"""Names and archives from outside (quality F2): what leaves its folder, lies or swells is refused before it is used."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.archive import Archive, ArchiveLimits, assemble, looks_like_zip, safe_name
from chalicelib.kernel.errors import Invalid


def zipped(*files: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def opened(content: bytes, limits: ArchiveLimits | None = None) -> Archive:
    return Archive(io.BytesIO(content), limits)


def refusal(content: bytes, limits: ArchiveLimits | None = None) -> str:
    with pytest.raises(Invalid) as refused:
        opened(content, limits)
    return refused.value.code


def test_files_of_an_archive_are_read_as_streams() -> None:
    content = zipped(("import.xml", b"<a/>" * 50_000), ("import_files/ab/1.jpg", b"\xff\xd8"))
    archive = opened(content)
    assert [(entry.name, entry.size) for entry in archive.entries] == [
        ("import.xml", 200_000),
        ("import_files/ab/1.jpg", 2),
    ]
    pieces = list(archive.read("import.xml"))
    assert len(pieces) > 1
    assert b"".join(pieces) == b"<a/>" * 50_000


def test_russian_names_of_old_archives_are_read_in_their_code_page() -> None:
    content = zipped(("aaaaaa.xml", b"1")).replace(b"aaaaaa", "товары".encode("cp866"))
    assert opened(content).entries[0].name == "товары.xml"


def test_an_archive_is_whole_only_with_all_of_its_fragments() -> None:
    content = zipped(("import.xml", b"<a/>" * 1_000))
    fragments = [content[i : i + 100] for i in range(0, len(content), 100)]
    target = io.BytesIO()
    assert assemble(fragments, target, 1_000_000) == len(content)
    assert Archive(target).entries
    assert refusal(b"".join(fragments[:-1])) == "zip_damaged"


def test_fragments_beyond_the_limit_are_refused() -> None:
    with pytest.raises(Invalid, match="file_too_big"):
        assemble([b"12345"] * 3, io.BytesIO(), 14)


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("import0_1.xml", "import0_1.xml"),
        ("import_files/ab/1.jpg", "import_files/ab/1.jpg"),
        ("import_files\\ab\\1.jpg", "import_files/ab/1.jpg"),
        ("/tmp/import.xml", "import.xml"),
        ("upload/1c/webdata/goods/1/import.xml", "goods/1/import.xml"),
        ("/var/www/upload/1c/webdata/import.xml", "import.xml"),
        ("./offers.xml", "offers.xml"),
        ("goods/1/import___b815e2db.xml", "goods/1/import___b815e2db.xml"),
        ("товары.xml", "товары.xml"),
    ],
)
def test_names_become_relative_paths(given_name: str, safe: str) -> None:
    assert safe_name(given_name) == safe


BAD_NAMES = (
    "",
    " ",
    "/etc/passwd",
    "../import.xml",
    "a/../../b.xml",
    "a/..",
    "..\\..\\windows\\a.xml",
    "C:\\a.xml",
    "c:a.xml",
    "\\\\server\\share\\a.xml",
    "//server/a.xml",
    "a//b.xml",
    "a/./b.xml",
    "a\x00.xml",
    "a\n.xml",
    "/tmp/../etc/passwd",
    "x" * 300,
    "a/" * 20 + "b.xml",
    "a/ b.xml",
)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_could_leave_their_folder_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="file_name"):
        safe_name(name)


@given(st.text(max_size=80))
def test_any_name_is_refused_or_stays_where_it_belongs(name: str) -> None:
    try:
        safe = safe_name(name)
    except Invalid:
        return
    assert not safe.startswith("/")
    assert ".." not in safe.split("/")
    assert safe_name(safe) == safe


@pytest.mark.parametrize("name", [name for name in BAD_NAMES if name.strip() and "\x00" not in name])
def test_an_archive_with_such_a_name_is_refused_whole(name: str) -> None:
    assert refusal(zipped(("import.xml", b"1"), (name, b"2"))) == "file_name"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    assert refusal(zipped(("import.xml", b"0" * 50_000_000))) == "zip_bomb"


def test_many_small_bombs_are_refused_together() -> None:
    content = zipped(*((f"{i}.xml", b"0" * 900_000) for i in range(60)))
    assert refusal(content, ArchiveLimits(total_bytes=50_000_000)) == "zip_too_big"
    assert refusal(content) == "zip_bomb"


def test_an_archive_of_plain_xml_is_no_bomb() -> None:
    goods = "".join(f"<Товар><Ид>{i:08x}-55bc-11d9-848a-00112f43529a</Ид></Товар>\n\t\t\t" for i in range(50_000))
    assert opened(zipped(("import.xml", goods.encode()))).entries[0].size > 3_000_000


def test_too_many_files_are_refused() -> None:
    assert refusal(zipped(*((f"{i}", b"") for i in range(11))), ArchiveLimits(entries=10)) == "zip_too_many"


def test_a_directory_too_long_to_load_is_refused_by_its_size_alone() -> None:
    content = bytearray(zipped(("a", b"1")))
    content[-10:-6] = struct.pack("<L", 3_000_000_000)
    assert refusal(bytes(content)) == "zip_too_many"


def test_encrypted_linked_and_oddly_packed_entries_are_refused() -> None:
    encrypted = bytearray(zipped(("a.xml", b"1")))
    at = encrypted.rindex(b"PK\x01\x02")
    encrypted[at + 8] |= 1
    assert refusal(bytes(encrypted)) == "zip_encrypted"

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("import.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert refusal(out.getvalue()) == "zip_link"
    assert refusal(zipped(("a.xml", b"1" * 100), compression=zipfile.ZIP_BZIP2)) == "zip_method"


def test_two_entries_of_one_name_are_refused() -> None:
    content = zipped(("a.xml", b"1"), ("b.xml", b"2")).replace(b"b.xml", b"a.xml")
    assert refusal(content) == "zip_duplicate"


def test_entries_that_share_their_bytes_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"0" * 1_000)
        again = zipfile.ZipInfo("b.xml")
        first = archive.filelist[0]
        again.header_offset, again.CRC = first.header_offset, first.CRC
        again.compress_size, again.file_size = first.compress_size, first.file_size
        again.compress_type = first.compress_type
        archive.filelist.append(again)
        archive.NameToInfo["b.xml"] = again
    assert refusal(out.getvalue()) == "zip_bomb"


def test_an_entry_larger_than_it_claims_is_cut_off() -> None:
    content = bytearray(zipped(("a.xml", b"0" * 100_000)))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 10)
    with pytest.raises(Invalid, match="zip_damaged"):
        list(opened(bytes(content)).read("a.xml"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06", b"not a zip at all" * 100, b"PK\x05\x06" * 10])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    assert refusal(content) == "zip_damaged"


def test_an_archive_is_known_by_its_first_bytes_or_its_name() -> None:
    assert looks_like_zip("import.xml", zipped(("a", b"1")))
    assert looks_like_zip("import.xml", zipped())
    assert looks_like_zip("Обмен.ZIP", b"\n\n" + zipped())
    assert not looks_like_zip("import.xml", b"<?xml")


def test_bytes_before_an_archive_do_not_hide_its_files() -> None:
    assert [entry.name for entry in opened(b"\r\n<br/>" + zipped(("import.xml", b"<a/>"))).entries] == ["import.xml"]


SAMPLE = zipped(("import.xml", b"<a/>" * 100), ("import_files/1.jpg", b"\xff\xd8" * 50), ("folder/", b""))


def read_all(content: bytes) -> str:
    try:
        archive = opened(content)
        for entry in archive.entries:
            safe_name(entry.name)
            assert sum(map(len, archive.read(entry.name))) == entry.size
    except Invalid as refused:
        return refused.code
    return "zip_fine"


@settings(max_examples=2_000)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_anywhere_give_files_or_a_refusal(changes: list[tuple[int, int]]) -> None:
    content = bytearray(SAMPLE)
    for at, byte in changes:
        content[at] = byte
    assert read_all(bytes(content)).startswith(("zip_", "file_name"))


@settings(max_examples=300)
@given(st.integers(0, len(SAMPLE)), st.integers(0, len(SAMPLE)))
def test_a_cut_out_piece_gives_files_or_a_refusal(start: int, end: int) -> None:
    assert read_all(SAMPLE[:start] + SAMPLE[end:]).startswith(("zip_", "file_name"))
