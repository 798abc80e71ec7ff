"""What an assembling leaves beside the snapshot: what it changed, and the stock that it tells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from chalicelib.catalogue.snapshot.engine import connect
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS
from chalicelib.kernel.money import quantity as exact_quantity


@dataclass(frozen=True, slots=True)
class Told:
    """The stock that an assembling tells: read from the files that it made, so that a million rows need no memory."""

    snapshot: Path
    notes: Path

    def by_sku(self, lot: int, moved: Collection[str] | None = None) -> Iterator[tuple[str, dict[str, Decimal]]]:
        """(SKU, {warehouse id: quantity}) of one lot, each SKU once; see `BuildResult.stock`. With `moved` only SKUs of
        which a number is unlike the previous snapshot's, and these."""
        with closing(connect(read_only(self.snapshot), uri=True)) as db:
            db.execute("ATTACH ? AS told", (read_only(self.notes),))
            names = dict(db.execute("SELECT no, id FROM warehouse"))
            db.execute("CREATE TEMP TABLE wanted (no INTEGER PRIMARY KEY)")
            if moved is not None:
                db.execute("INSERT OR IGNORE INTO wanted SELECT sku_no FROM told.stock WHERE lot = ? AND news", (lot,))
                db.executemany(
                    "INSERT OR IGNORE INTO wanted SELECT no FROM sku WHERE id = ?", ((sku,) for sku in moved)
                )
            some = "" if moved is None else "AND t.sku_no IN (SELECT no FROM wanted)"
            # What was said in the words of before is told as the facts have it.
            rows = db.execute(
                "SELECT k.id, t.warehouse_no, t.quantity FROM ("
                f"SELECT sku_no, warehouse_no, quantity FROM told.stock t WHERE t.lot = ?1 {some} UNION ALL "
                "SELECT c.sku_no, c.warehouse_no, c.quantity FROM told.same t CROSS JOIN main.stock c "
                f"ON c.sku_no = t.sku_no WHERE t.lot = ?1 {some} AND NOT EXISTS (SELECT 1 FROM told.stock o "
                "WHERE (o.lot, o.sku_no, o.warehouse_no) = (?1, c.sku_no, c.warehouse_no))"
                ") t CROSS JOIN sku k ON k.no = t.sku_no ORDER BY t.sku_no, t.warehouse_no",
                (lot,),
            )
            for sku, told in groupby(rows, lambda row: row[0]):
                yield sku, {names[no]: _quantity(quantity) for _, no, quantity in told}

    def lots(self) -> tuple[int, ...]:
        with closing(connect(read_only(self.notes), uri=True)) as db:
            return tuple(lot for (lot,) in db.execute("SELECT lot FROM stock UNION SELECT lot FROM same ORDER BY 1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What an assembling did: rows that differ from before, by kind, for each part in its order and for the end.

    `withheld` = SKUs that would have been withdrawn but for the doubt. `waiting`, `listed` as in `BuildResult`.
    `covered` = of all stock in the snapshot the run has told, in this assembling or an earlier one.
    """

    parts: tuple[Mapping[str, int], ...]
    withdrawn: Mapping[str, int]
    withheld: int
    waiting: int
    listed: int
    covered: bool
    told: Told

    @property
    def changed(self) -> bool:
        return any(any(counts.values()) for counts in (*self.parts, self.withdrawn))


def read_only(path: Path) -> str:
    """The address of a database that nobody changes any more."""
    return f"file:{quote(str(path))}?mode=ro&immutable=1"


@lru_cache(maxsize=20_000)
def _quantity(thousandths: int) -> Decimal:
    return exact_quantity(Decimal(thousandths).scaleb(-QUANTITY_DIGITS))
