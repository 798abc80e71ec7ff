"""The stored shape of an item: one PynamoDB model per table; nothing outside `storage` sees it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import MAP
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.gateways.settings import settings
from chalicelib.storage.keys import Table

_write = TypeSerializer()
_read = TypeDeserializer()


def to_attribute(value: object) -> dict[str, Any]:
    """A plain value in DynamoDB's typed form; exact for Decimals, refuses floats."""
    typed: dict[str, Any] = _write.serialize(value)
    return typed


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


class DocumentAttribute(Attribute[dict[str, Any]]):
    """A map of text, ints, bools, lists and maps: what `storage.codec` makes."""

    attr_type = MAP

    def serialize(self, value: dict[str, Any]) -> Any:
        return _write.serialize(value)["M"]

    def deserialize(self, value: Any) -> dict[str, Any]:
        plain: dict[str, Any] = _plain(_read.deserialize({"M": value}))
        return plain


class CountersAttribute(Attribute[dict[str, Any]]):
    """A map of exact numbers (nested one level at most): what updates add to and conditions compare."""

    attr_type = MAP

    def serialize(self, value: dict[str, Any]) -> Any:
        return _write.serialize(value)["M"]

    def deserialize(self, value: Any) -> dict[str, Any]:
        exact: dict[str, Any] = _read.deserialize({"M": value})
        return exact


class Row(Model):
    """What every item has. `n` holds exact counters, `data` the rest, `ttl` is DynamoDB's expiry in seconds."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    data = DocumentAttribute(null=True)
    n = CountersAttribute(null=True)
    ttl = NumberAttribute(null=True)


class _Meta:
    connect_timeout_seconds = 1
    read_timeout_seconds = 3


class DirectoryRow(Row):
    class Meta(_Meta):
        table_name = f"{settings().table_prefix}-{Table.DIRECTORY}"


class StockRow(Row):
    class Meta(_Meta):
        table_name = f"{settings().table_prefix}-{Table.STOCK}"


class EphemeralRow(Row):
    class Meta(_Meta):
        table_name = f"{settings().table_prefix}-{Table.EPHEMERAL}"


class Gsi1(GlobalSecondaryIndex["CoreRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi1"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class Gsi2(GlobalSecondaryIndex["CoreRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi2"
        projection = AllProjection()

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


class Gsi3(GlobalSecondaryIndex["CoreRow"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi3"
        projection = AllProjection()

    gsi3pk = UnicodeAttribute(hash_key=True)
    gsi3sk = UnicodeAttribute(range_key=True)


class CoreRow(Row):
    class Meta(_Meta):
        table_name = f"{settings().table_prefix}-{Table.CORE}"

    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    gsi3pk = UnicodeAttribute(null=True)
    gsi3sk = UnicodeAttribute(null=True)
    gsi1 = Gsi1()
    gsi2 = Gsi2()
    gsi3 = Gsi3()


ROWS: dict[Table, type[Row]] = {
    Table.DIRECTORY: DirectoryRow,
    Table.CORE: CoreRow,
    Table.STOCK: StockRow,
    Table.EPHEMERAL: EphemeralRow,
}


def table_name(table: Table) -> str:
    name: str = ROWS[table].Meta.table_name
    return name
