"""A fingerprint of what a snapshot says, whatever numbers and page layout its file has."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

from chalicelib.catalogue.snapshot.engine import connect

_CONTENT = (
    "SELECT c.id, c.name, p.id, c.known, c.deleted, c.position FROM category c "
    "LEFT JOIN category p ON p.no = c.parent_no",
    "SELECT kind, id, name, known, deleted FROM attribute",
    "SELECT a.kind, a.id, v.raw, v.text FROM value v JOIN attribute a ON a.no = v.attribute_no",
    "SELECT id, name, currency, vat_included, known, deleted FROM price_type",
    "SELECT id, name, address, known, deleted FROM warehouse",
    "SELECT c.id, g.id, known, deleted, withdrawn, hidden, name, article, barcode, unit, unit_code, vat_rate, "
    "description FROM card c LEFT JOIN catalogue g ON g.no = c.catalogue_no",
    "SELECT c.id, g.id FROM card_category p JOIN card c ON c.no = p.card_no JOIN category g ON g.no = p.category_no",
    "SELECT c.id, a.kind, a.id, v.raw FROM card_value p JOIN card c ON c.no = p.card_no "
    "JOIN value v ON v.no = p.value_no JOIN attribute a ON a.no = v.attribute_no",
    "SELECT o.kind, coalesce(c.id, g.id), o.field, coalesce(p.id, o.theirs) FROM own o "
    "LEFT JOIN card c ON o.kind = 'card' AND c.no = o.no LEFT JOIN category g ON o.kind = 'category' AND g.no = o.no "
    "LEFT JOIN category p ON o.field = 'parent_no' AND p.no = o.theirs",
    "SELECT c.id, p.position, p.path FROM card_picture p JOIN card c ON c.no = p.card_no",
    "SELECT id, variant_id, declared, deleted, withdrawn, name, article, barcode, unit, unit_code FROM sku",
    "SELECT k.id, a.kind, a.id, v.raw FROM sku_value p JOIN sku k ON k.no = p.sku_no "
    "JOIN value v ON v.no = p.value_no JOIN attribute a ON a.no = v.attribute_no",
    "SELECT k.id, t.id, p.unit, p.min_quantity, p.amount, p.coefficient, p.currency FROM price p "
    "JOIN sku k ON k.no = p.sku_no JOIN price_type t ON t.no = p.price_type_no",
    "SELECT k.id, w.id, s.quantity FROM stock s JOIN sku k ON k.no = s.sku_no "
    "JOIN warehouse w ON w.no = s.warehouse_no WHERE s.quantity <> 0",
    "SELECT k.id, i.by_name, i.by_article, i.stock FROM item i JOIN sku k ON k.no = i.sku_no",
    "SELECT k.id, t.name, t.more, t.codes FROM sku_text t JOIN sku k ON k.no = t.no",
    "SELECT c.normal, k.id, c.kind, c.text FROM code c JOIN sku k ON k.no = c.sku_no",
)


def content_digest(path: Path) -> str:
    """SHA-256 over all facts and what is derived from them, row by row in a fixed order.

    Which run touched a row, and in which order rows arrived, do not count: equal digests mean that readers
    see the same catalogue and that the next exchange is compared with the same facts.
    """
    db = connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    digest = hashlib.sha256()
    try:
        for statement in _CONTENT:
            digest.update(b"\x1e")
            columns = len(db.execute(statement + " LIMIT 0").description)
            for row in db.execute(f"{statement} ORDER BY {', '.join(map(str, range(1, columns + 1)))}"):
                digest.update(repr(row).encode())
    finally:
        db.close()
    return digest.hexdigest()
