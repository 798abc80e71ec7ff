"""What is new in a snapshot, and what prices were before they last changed (docs/adr/0024).

`first_shown` has every SKU that readers have ever seen: `since` that moment, 0 from the beginning of the catalogue.
Withdrawing goods, hiding them or going back to an earlier version changes nothing of it.

`price_before` has rows of `price` as they were before their last change, `until` that moment. `prices_noted` in `meta`
is since when every change of any row is there: earlier ones are not known, or were forgotten.

Moments are whole seconds of Unix time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.catalogue.snapshot import sets
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.tenancy.model import MOST_NEWS_DAYS

_KEPT = timedelta(days=MOST_NEWS_DAYS + 2)
"""Days that have begun count as whole ones."""
_MANY = 100
"""More SKUs than this, and than there were, make a catalogue; fewer are news in it."""
NOTED = "prices_noted"


def watch_prices(db: Connection, at: datetime) -> None:
    """Notes each change of a price that this connection makes from here on, whatever makes it, and forgets old ones."""
    now = _seconds(at)
    db.execute("DELETE FROM price_before WHERE until <= ?", (_seconds(at - _KEPT),))
    db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (NOTED, str(now)))
    row = "old.price_type_no, old.sku_no, old.unit, old.min_quantity, old.amount, old.coefficient, old.currency"
    # What the same assembling changes twice was shown to nobody in between.
    note = (
        f"INSERT INTO price_before VALUES ({row}, {now:d}) ON CONFLICT DO UPDATE SET amount = excluded.amount, "
        "coefficient = excluded.coefficient, currency = excluded.currency, until = excluded.until "
        "WHERE until < excluded.until;"
    )
    db.executescript(
        "CREATE TEMP TRIGGER repriced AFTER UPDATE OF amount, coefficient, currency ON main.price "
        "WHEN (old.amount, old.coefficient, old.currency) IS NOT (new.amount, new.coefficient, new.currency) "
        f"BEGIN {note} END;"
        f"CREATE TEMP TRIGGER unpriced AFTER DELETE ON main.price BEGIN {note} END;"
        # Then all prices of the type are others, though no row is.
        "CREATE TEMP TRIGGER retyped AFTER UPDATE OF currency, vat_included, deleted ON main.price_type "
        "WHEN (old.currency, old.vat_included, old.deleted) IS NOT (new.currency, new.vat_included, new.deleted) "
        f"BEGIN UPDATE meta SET value = '{now:d}' WHERE key = '{NOTED}'; END;"
    )


def note_shown(db: Connection, run_no: int, at: datetime) -> None:
    """Notes what is listed for the first time. What a catalogue begins with is not new: that of the run that lists
    the first goods, or more than there were."""
    (before,) = db.execute("SELECT count(*) FROM first_shown WHERE run_no <> ?", (run_no,)).fetchone()
    db.execute(
        "INSERT INTO first_shown SELECT sku_no, ?, ? FROM item WHERE sku_no NOT IN (SELECT sku_no FROM first_shown)",
        (run_no, _seconds(at)),
    )
    (come,) = db.execute("SELECT count(*) FROM first_shown WHERE run_no = ?", (run_no,)).fetchone()
    if not before or come > max(before, _MANY):
        db.execute("UPDATE first_shown SET since = 0 WHERE run_no = ?", (run_no,))
    sets.note_newest(db, _seconds(at - _KEPT))


def carry(db: Connection, at: datetime) -> None:
    """For an earlier snapshot that is shown again, the one in force attached as `now`: whose prices of then come back
    is not told as a change."""
    db.execute("DELETE FROM first_shown")
    db.execute(
        "INSERT INTO first_shown SELECT k.no, 0, s.since FROM now.first_shown s "
        "CROSS JOIN now.sku n ON n.no = s.sku_no CROSS JOIN main.sku k ON k.id = n.id"
    )
    sets.note_newest(db, _seconds(at - _KEPT))
    db.execute("DELETE FROM price_before")
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (NOTED, str(_seconds(at))))


def _seconds(moment: datetime) -> int:
    return max(int(moment.timestamp()), 0)
