"""An earlier snapshot made fit to be in force again (docs/adr/0015).

Its goods, offers and prices are those of then. What belongs to now comes from the snapshot in force: the ERP's stock
with its warehouses, because the live stock goes on and the end of a full run must know where there was any; goods
that came later, as withdrawn ones, because orders refer to them; and since when readers know each product.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from chalicelib.catalogue.snapshot import news, said, schema
from chalicelib.catalogue.snapshot.derive import derive_stock
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.kernel.errors import Refused

_CARD = "known, deleted, name, article, barcode, unit, unit_code, vat_rate, description"
_SKU = "variant_id, name, article, barcode, unit, unit_code"
_LATER_GOODS = (
    "INSERT OR IGNORE INTO main.catalogue (id) SELECT id FROM now.catalogue",
    f"INSERT INTO main.card (id, catalogue_no, withdrawn, {_CARD}) SELECT n.id, g.no, n.known, "
    f"{', '.join('n.' + column for column in _CARD.split(', '))} FROM now.card n "
    "LEFT JOIN now.catalogue h ON h.no = n.catalogue_no LEFT JOIN main.catalogue g ON g.id = h.id "
    "WHERE NOT EXISTS (SELECT 1 FROM main.card c WHERE c.id = n.id)",
    # Not declared: else a product that was sold as itself would from now on be sold by its later variants. And not
    # deleted: what 1C said of it since is forgotten, so that goods which come again are as if they came first.
    f"INSERT INTO main.sku (id, card_no, withdrawn, {_SKU}) SELECT n.id, c.no, n.variant_id <> '', "
    f"{', '.join('n.' + column for column in _SKU.split(', '))} FROM now.sku n "
    "CROSS JOIN now.card d ON d.no = n.card_no CROSS JOIN main.card c ON c.id = d.id "
    "WHERE NOT EXISTS (SELECT 1 FROM main.sku k WHERE k.id = n.id)",
)
_STOCK = (
    "INSERT INTO main.warehouse (id, name, address, known, deleted) SELECT id, name, address, known, deleted "
    "FROM now.warehouse WHERE true ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address, "
    "known = excluded.known, deleted = excluded.deleted",
    "DELETE FROM main.stock",
    "INSERT INTO main.stock SELECT k.no, w.no, s.quantity, 0 FROM now.stock s CROSS JOIN now.sku n ON n.no = s.sku_no "
    "CROSS JOIN main.sku k ON k.id = n.id CROSS JOIN now.warehouse v ON v.no = s.warehouse_no "
    "CROSS JOIN main.warehouse w ON w.id = v.id ORDER BY 1, 2",
)


def restore(target: Path, current: Path, at: datetime) -> None:
    """Changes `target`, a private copy of the earlier snapshot, which shall be shown now (`at`). What is brought from
    `current` counts as touched by no run: runs have numbers of their own in each file.

    Refused("catalogue_of_another_release") if either has other tables than this release's."""
    with closing(schema.open_for_building(target)) as db:
        db.execute("ATTACH ? AS now", (f"file:{quote(str(current))}?mode=ro&immutable=1",))
        for database in ("main", "now"):
            schema.check(db, Refused, database)
        said.forget_all(db)
        _carry(db)
        derive_stock(db)
        news.carry(db, at)
        db.commit()


def _carry(db: Connection) -> None:
    for statement in (*_LATER_GOODS, *_STOCK):
        db.execute(statement)
