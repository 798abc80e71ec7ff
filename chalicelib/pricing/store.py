"""The pricing book and contracts' own prices in the `core` table; files of list rows in S3, opened."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from chalicelib.kernel.errors import Refused, found
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.recent import Recent
from chalicelib.kernel.sheets.columns import heads_id
from chalicelib.network.store import contract_from, party_from
from chalicelib.pricing import rows as list_rows
from chalicelib.pricing.book import Book, OwnPrices
from chalicelib.pricing.chain import PriceBasis
from chalicelib.pricing.lists import ListRow, ListVersion
from chalicelib.pricing.rows import ListFile
from chalicelib.pricing.uploads import KEPT, RowUpload
from chalicelib.storage import codec, files, keys, snapshots
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.worker import job_of, job_put
from chalicelib.storage.writes import Put
from chalicelib.tenancy.store import settings_of

BOOK_BYTES = 380_000
"""The most that a book may have, of the 400 KB of an item."""
_LAST_UPLOADS = 100
DUE = "prices"
_open: Recent[str, ListFile] = Recent(64)
_books: Recent[tuple[Key, int], Book] = Recent(64)


def basis_keys(tenant_id: str, party_id: str, contract_id: str) -> tuple[Key, ...]:
    """What `basis_of` wants, to be read with what else is needed: prices cost no round trip of their own."""
    return (
        keys.contract(tenant_id, party_id, contract_id),
        keys.party_profile(tenant_id, party_id),
        keys.tenant_settings(tenant_id),
        keys.price_book(tenant_id),
        keys.own_prices(tenant_id, contract_id),
    )


def basis_of(rows: Mapping[Key, Record], tenant_id: str, party_id: str, contract_id: str, at: datetime) -> PriceBasis:
    """What a contract's prices depend on, of the rows of `basis_keys`; NotFound for another counterparty's contract."""
    contract, party, settings, book, own = map(rows.get, basis_keys(tenant_id, party_id, contract_id))
    return PriceBasis(
        contract=contract_from(found(contract)),
        party=party_from(found(party)),
        settings=settings_of(found(settings)),
        at=at,
        book=book_of(book),
        own=own.load(OwnPrices) if own else OwnPrices(),
    )


def load_basis(db: TenantSession, party_id: str, contract_id: str, at: datetime) -> PriceBasis:
    """In one round trip; NotFound for another counterparty's contract."""
    wanted = basis_keys(db.tenant_id, party_id, contract_id)
    return basis_of(db.get_many(wanted), db.tenant_id, party_id, contract_id, at)


def book_of(record: Record | None) -> Book:
    """The book of a record, parsed once a version and process; empty before the first change."""
    if record is None:
        return Book()
    known = _books.get((record.key, record.version))
    return known or _books.keep((record.key, record.version), record.load(Book))


def book_put(tenant_id: str, book: Book, version: int) -> Put:
    """Writes the book, if nobody else has since version `version`. Refused("book_full") beyond what one item holds."""
    data = codec.dump(book)
    if len(str(data).encode()) > BOOK_BYTES:
        raise Refused("book_full", lists=len(book.lists), discounts=len(book.discounts))
    return Put(key=keys.price_book(tenant_id), kind="price_book", data=data, version=version)


def own_put(tenant_id: str, contract_id: str, own: OwnPrices, version: int) -> Put:
    return Put(key=keys.own_prices(tenant_id, contract_id), kind="own_prices", data=own, version=version)


def upload(tenant_id: str, rows: Iterable[ListRow], *, by: str, now: datetime) -> ListVersion:
    """Writes rows to a file of S3 that nothing refers to yet; `lists.with_version` gives the version its number."""
    with tempfile.TemporaryDirectory(prefix="price-list-") as folder:
        path = Path(folder) / "rows.sqlite"
        count = list_rows.write(path, rows)
        digest = snapshots.digest_of(path)
        key = files.file_key(tenant_id, "prices", f"{new_id(now)}-{digest[:16]}.sqlite")
        files.put_path(tenant_id, key, path)
    return ListVersion(number=0, key=key, sha256=digest, rows=count, made=now, made_by=by)


def opened(tenant_id: str, version: ListVersion) -> ListFile:
    """The rows of a version, from this process's memory, this machine's copy or S3. Unavailable("catalogue_unreadable")
    if they don't arrive whole."""
    known = _open.get(version.sha256)
    if known is not None:
        return known
    return _open.keep(version.sha256, snapshots.opened_copy(tenant_id, version, ListFile))


def differing(tenant_id: str, before: ListVersion | None, after: ListVersion) -> list[str]:
    """SKUs of which two versions do not say the same, in order; without `before` all of them. Unavailable as above."""

    def with_copy(new: Path) -> list[str]:
        old = snapshots.local_copy(tenant_id, before) if before else None
        return list_rows.differing(old, new)

    return snapshots.opened_copy(tenant_id, after, with_copy)


# --- files with rows that people upload ----------------------------------------------------------------------


def find_upload(db: TenantSession, upload_id: str) -> RowUpload | None:
    record = db.get(keys.price_upload(db.tenant_id, upload_id))
    return job_of(record, RowUpload) if record else None


def last_uploads(db: TenantSession, list_id: str) -> list[RowUpload]:
    """Those of a list among the tenant's last hundred, newest first."""
    page = db.query(keys.price_uploads(db.tenant_id), newest_first=True, limit=_LAST_UPLOADS)
    uploads = (job_of(record, RowUpload) for record in page.records)
    return [one for one in uploads if one.list_id == list_id]


def upload_put(tenant_id: str, upload: RowUpload) -> Put:
    """Writes it under the version that was read; one under way is looked at again."""
    return job_put(
        keys.price_upload(tenant_id, upload.id),
        "price_upload",
        upload,
        expires=upload.made + KEPT,
        due=lambda at: keys.due_at(tenant_id, at, DUE, upload.id),
    )


def upload_folder(tenant_id: str, upload_id: str) -> str:
    """Where the browser puts the file, under its own name."""
    return files.upload_key(tenant_id, "prices", upload_id)


def file_key(tenant_id: str, upload_id: str, name: str) -> str:
    return f"{upload_folder(tenant_id, upload_id)}/{name}"


def columns_key(tenant_id: str, heads: Sequence[str]) -> Key:
    """Where it is kept what columns of these names mean."""
    return keys.price_columns(tenant_id, heads_id(heads))


def rejected_key(tenant_id: str, upload_id: str) -> str:
    return files.upload_key(tenant_id, "prices-rejected", f"{upload_id}.xlsx")
