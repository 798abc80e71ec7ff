"""Tables of a catalogue snapshot: one immutable SQLite file per version (architecture §6).

Inside the file rows refer to each other by small integers (`no`), which never leave it; other systems'
ids stay texts in one place each. The tables are of two kinds:

- *facts*: what the feed said, kept so that the next exchange can be compared with it. A row that another
  one refers to may come later (offers before goods, prices before their type): it then exists with `known = 0`.
  `dirty` lists the cards whose search text may have changed since the last `derive`.
- *derived* tables (`item` and below): made from the facts by `derive`, read by `read`. Of these `posting` and those
  after it are sets of places and columns in their order (`sets`): what a search meets, joins and counts.

A *part* is a file of another kind: the rows of one file of an exchange, before anything is known of the snapshot
that they will be compared with. `record` is for a similar file that comes later: see `renewal` and `said`.

`first_shown` says when readers first saw a SKU, `price_before` what a price was before it last changed: see `news`.

What a person did to a card or a category is beside the feed's facts: `hidden`, `position`, and `own`, which names each
field that holds against the ERP and what the ERP has `theirs` (`snapshot.hand`).

`word` has the catalogue's words and their stems, `word_back` the same keys from their last letter to their first: see
`spelling`.

Prices are integers of a millionth of the currency unit, quantities of a thousandth of the unit: exact, and
comparable by the database. `touched` is the number of the exchange run that last named the row, unless `said_…` has a
later one. A row of stock whose quantity is 0 tells that there was some once: only there can the live stock have a
counter.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from chalicelib.catalogue.snapshot.engine import Connection, connect
from chalicelib.kernel.errors import KontorError, Unavailable

SCHEMA_VERSION = 1
"""Of the tables that this release writes; it reads no others. Who raises it says what becomes of those."""
QUANTITY_DIGITS = 3

_FACTS = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE run (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE scope (run INTEGER NOT NULL, part TEXT NOT NULL, catalogue_no INTEGER NOT NULL,
    PRIMARY KEY (run, part, catalogue_no)) WITHOUT ROWID;
CREATE TABLE catalogue (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);

CREATE TABLE category (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL DEFAULT '',
    parent_no INTEGER, known INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0);
CREATE TABLE attribute (no INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    known INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, UNIQUE (kind, id));
CREATE TABLE value (no INTEGER PRIMARY KEY, attribute_no INTEGER NOT NULL, raw TEXT NOT NULL, text TEXT,
    UNIQUE (attribute_no, raw));
CREATE TABLE price_type (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL DEFAULT '', currency TEXT,
    vat_included INTEGER, known INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE warehouse (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '', known INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0);

CREATE TABLE card (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, catalogue_no INTEGER,
    known INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
    withdrawn INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '', article TEXT NOT NULL DEFAULT '', barcode TEXT NOT NULL DEFAULT '',
    unit TEXT NOT NULL DEFAULT '', unit_code TEXT NOT NULL DEFAULT '', vat_rate TEXT,
    description TEXT NOT NULL DEFAULT '', hidden INTEGER NOT NULL DEFAULT 0);
CREATE TABLE card_category (card_no INTEGER NOT NULL, category_no INTEGER NOT NULL,
    PRIMARY KEY (card_no, category_no)) WITHOUT ROWID;
CREATE TABLE card_value (card_no INTEGER NOT NULL, value_no INTEGER NOT NULL,
    PRIMARY KEY (card_no, value_no)) WITHOUT ROWID;
CREATE TABLE card_picture (card_no INTEGER NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL,
    PRIMARY KEY (card_no, position)) WITHOUT ROWID;

CREATE TABLE sku (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, card_no INTEGER NOT NULL, variant_id TEXT NOT NULL,
    declared INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, withdrawn INTEGER NOT NULL DEFAULT 0,
    touched INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '', article TEXT NOT NULL DEFAULT '', barcode TEXT NOT NULL DEFAULT '',
    unit TEXT NOT NULL DEFAULT '', unit_code TEXT NOT NULL DEFAULT '',
    UNIQUE (card_no, variant_id));
CREATE TABLE sku_value (sku_no INTEGER NOT NULL, value_no INTEGER NOT NULL,
    PRIMARY KEY (sku_no, value_no)) WITHOUT ROWID;
CREATE TABLE price (sku_no INTEGER NOT NULL, price_type_no INTEGER NOT NULL, unit TEXT NOT NULL,
    min_quantity INTEGER NOT NULL, amount INTEGER NOT NULL, coefficient INTEGER NOT NULL, currency TEXT,
    touched INTEGER NOT NULL, PRIMARY KEY (sku_no, price_type_no, unit, min_quantity)) WITHOUT ROWID;
CREATE TABLE stock (sku_no INTEGER NOT NULL, warehouse_no INTEGER NOT NULL, quantity INTEGER NOT NULL,
    touched INTEGER NOT NULL, PRIMARY KEY (sku_no, warehouse_no)) WITHOUT ROWID;
CREATE TABLE dirty (card_no INTEGER PRIMARY KEY);
CREATE TABLE own (kind TEXT NOT NULL, no INTEGER NOT NULL, field TEXT NOT NULL, theirs,
    PRIMARY KEY (kind, no, field)) WITHOUT ROWID;
"""

_SAID = "".join(
    f"CREATE TABLE said_{part} (no INTEGER PRIMARY KEY, digest BLOB NOT NULL, run_no INTEGER NOT NULL);"
    for part in ("goods", "offers", "prices", "stock")
)

_STAGED = """
CREATE TABLE {}category (no INTEGER PRIMARY KEY, name, parent_no, deleted);
CREATE TABLE {}attribute (no INTEGER PRIMARY KEY, name, deleted);
CREATE TABLE {}value (no INTEGER PRIMARY KEY, text);
CREATE TABLE {}price_type (no INTEGER PRIMARY KEY, name, currency, vat_included, deleted);
CREATE TABLE {}warehouse (no INTEGER PRIMARY KEY, name, address, deleted);
CREATE TABLE {}card (no INTEGER PRIMARY KEY, seq INTEGER, catalogue_no, deleted, name, article, barcode, unit,
    unit_code, vat_rate, description);
CREATE TABLE {}card_category (card_no INTEGER, category_no INTEGER, seq INTEGER);
CREATE TABLE {}card_value (card_no INTEGER, value_no INTEGER, seq INTEGER);
CREATE TABLE {}card_picture (card_no INTEGER, position INTEGER, path TEXT, seq INTEGER);
CREATE TABLE {}offer (no INTEGER PRIMARY KEY, seq INTEGER, partial, deleted, name, article, barcode, unit,
    unit_code);
CREATE TABLE {}sku_value (sku_no INTEGER, value_no INTEGER, seq INTEGER);
CREATE TABLE {}price (sku_no INTEGER, price_type_no INTEGER, unit TEXT, min_quantity INTEGER, amount INTEGER,
    coefficient INTEGER, currency TEXT, PRIMARY KEY (sku_no, price_type_no, unit, min_quantity)) WITHOUT ROWID;
CREATE TABLE {}stock (sku_no INTEGER, warehouse_no INTEGER, quantity INTEGER,
    PRIMARY KEY (sku_no, warehouse_no)) WITHOUT ROWID;
CREATE TABLE {}change (no INTEGER PRIMARY KEY, catalogue_no, name, article, barcode, unit, unit_code, vat_rate,
    description, categories, hidden, lists);
CREATE TABLE {}change_category (card_no INTEGER, category_no INTEGER, PRIMARY KEY (card_no, category_no)) WITHOUT ROWID;
CREATE TABLE {}change_attribute (card_no INTEGER, attribute_no INTEGER,
    PRIMARY KEY (card_no, attribute_no)) WITHOUT ROWID;
CREATE TABLE {}change_value (card_no INTEGER, value_no INTEGER, PRIMARY KEY (card_no, value_no)) WITHOUT ROWID;
CREATE TABLE {}change_picture (no INTEGER PRIMARY KEY, paths);
CREATE TABLE {}kept (no INTEGER PRIMARY KEY);
CREATE TABLE {}category_change (no INTEGER PRIMARY KEY, name, moves, parent_no, position);
"""

_REGISTERS = """
CREATE TABLE catalogue (no INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE category (no INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE price_type (no INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE warehouse (no INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE card (no INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE attribute (no INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE value (no INTEGER PRIMARY KEY, attribute_no INTEGER NOT NULL, raw TEXT NOT NULL, text TEXT);
CREATE TABLE sku (no INTEGER PRIMARY KEY, id TEXT NOT NULL, card_no INTEGER NOT NULL, variant_id TEXT NOT NULL);
CREATE TABLE scope (part TEXT NOT NULL, catalogue_no INTEGER NOT NULL, PRIMARY KEY (part, catalogue_no)) WITHOUT ROWID;
CREATE TABLE record (digest BLOB NOT NULL, sku_no INTEGER PRIMARY KEY);
"""

_TOLD = """
CREATE TABLE told.stock (lot INTEGER NOT NULL, sku_no INTEGER NOT NULL, warehouse_no INTEGER NOT NULL,
    quantity INTEGER NOT NULL, news INTEGER NOT NULL, PRIMARY KEY (lot, sku_no, warehouse_no)) WITHOUT ROWID;
CREATE TABLE told.same (sku_no INTEGER NOT NULL, lot INTEGER NOT NULL, PRIMARY KEY (sku_no, lot)) WITHOUT ROWID;
"""

_DERIVED = """
CREATE TABLE item (sku_no INTEGER PRIMARY KEY, card_no INTEGER NOT NULL, by_name INTEGER NOT NULL,
    by_article INTEGER NOT NULL, stock INTEGER NOT NULL);
CREATE TABLE item_value (sku_no INTEGER NOT NULL, value_no INTEGER NOT NULL,
    PRIMARY KEY (sku_no, value_no)) WITHOUT ROWID;
CREATE TABLE tree (category_no INTEGER PRIMARY KEY, position INTEGER NOT NULL, last INTEGER NOT NULL,
    parent_no INTEGER, depth INTEGER NOT NULL, count INTEGER NOT NULL);
CREATE TABLE code (normal TEXT NOT NULL, sku_no INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (normal, sku_no, kind)) WITHOUT ROWID;
INSERT INTO tree VALUES (0, 0, 0, NULL, 0, 0);
CREATE TABLE sku_text (no INTEGER PRIMARY KEY, name TEXT NOT NULL, more TEXT NOT NULL, codes TEXT NOT NULL);
CREATE VIRTUAL TABLE fragments USING fts5(codes, content='sku_text', content_rowid='no',
    tokenize='trigram', columnsize=0);
"""

_SETS = """
CREATE TABLE posting (term TEXT NOT NULL, field INTEGER NOT NULL, places BLOB NOT NULL, PRIMARY KEY (term, field))
    WITHOUT ROWID;
CREATE TABLE shelf (category_no INTEGER PRIMARY KEY, places BLOB NOT NULL);
CREATE TABLE facet (attribute_no INTEGER NOT NULL, text TEXT NOT NULL, count INTEGER NOT NULL, places BLOB NOT NULL,
    PRIMARY KEY (attribute_no, text)) WITHOUT ROWID;
CREATE TABLE track (name TEXT PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE amount (price_type_no INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
"""

_NEWS = """
CREATE TABLE first_shown (sku_no INTEGER PRIMARY KEY, run_no INTEGER NOT NULL, since INTEGER NOT NULL);
CREATE TABLE price_before (price_type_no INTEGER NOT NULL, sku_no INTEGER NOT NULL, unit TEXT NOT NULL,
    min_quantity INTEGER NOT NULL, amount INTEGER NOT NULL, coefficient INTEGER NOT NULL, currency TEXT,
    until INTEGER NOT NULL, PRIMARY KEY (price_type_no, sku_no, unit, min_quantity)) WITHOUT ROWID;
"""

_SPELLING = """
CREATE TABLE word (key TEXT NOT NULL, stem TEXT NOT NULL, written TEXT NOT NULL, PRIMARY KEY (key, stem)) WITHOUT ROWID;
CREATE TABLE word_back (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""


def create(path: Path) -> Connection:
    """A new, empty snapshot at `path`, open for building."""
    connection = open_for_building(path)
    tables = (_FACTS, _SAID, _DERIVED, _SETS, _NEWS, _SPELLING)
    connection.executescript("PRAGMA page_size = 8192;" + "".join(tables))
    connection.execute("INSERT INTO meta VALUES ('schema', ?)", (str(SCHEMA_VERSION),))
    connection.commit()
    return connection


def check(connection: Connection, refusal: type[KontorError], database: str = "main") -> None:
    """Raises the refusal ("catalogue_of_another_release") unless an open snapshot has this release's tables."""
    (written,) = connection.execute(f"SELECT value FROM {database}.meta WHERE key = 'schema'").fetchone()
    if written != str(SCHEMA_VERSION):
        raise refusal("catalogue_of_another_release")


def open_for_reading(path: Path) -> Connection:
    """engine.OperationalError if there is no such file; Unavailable if it is another release's, as `check` has it."""
    connection = connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    try:
        check(connection, Unavailable)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_building(path: Path) -> Connection:
    """Opens for one writer without a journal: a build that breaks leaves a file that nobody is shown."""
    connection = connect(f"file:{quote(str(path))}", uri=True)  # databases are attached to it by address
    connection.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
        "PRAGMA cache_size = -65536; PRAGMA temp_store = FILE;"
    )
    return connection


def create_part(path: Path) -> Connection:
    """A new, empty part at `path`: the ids that a file names, with numbers of its own, and its rows (`s_…`)."""
    connection = open_for_building(path)
    connection.executescript(_REGISTERS + _STAGED.replace("{}", "s_"))
    return connection


def create_stage(connection: Connection, told: Path) -> None:
    """Tables for the rows of one part, in a temporary database that goes with the connection, and the stock that
    parts tell, in a database of its own."""
    connection.execute("ATTACH '' AS stage")
    connection.execute("ATTACH ? AS told", (str(told),))
    connection.executescript(
        "PRAGMA stage.journal_mode = OFF; PRAGMA stage.synchronous = OFF; PRAGMA stage.cache_size = -16384;"
        "PRAGMA told.journal_mode = OFF; PRAGMA told.synchronous = OFF;" + _STAGED.replace("{}", "stage.") + _TOLD
    )
