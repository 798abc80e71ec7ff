"""The stored shape of an item: one PynamoDB model per table; nothing outside `storage` sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import LIST, MAP
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.gateways.settings import settings
from chalicelib.storage.keys import Table

# What a number of DynamoDB can hold; one that it would round is refused.
_NUMBERS = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Inexact, Overflow, Rounded, Underflow])


def to_attribute(value: object) -> dict[str, Any]:
    """A plain value in DynamoDB's typed form; exact for Decimals, TypeError for a float.

    (boto3 has the same, but importing boto3 takes longer than all of this room.)
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            number = _NUMBERS.create_decimal(value)
            if not number.is_finite():
                raise TypeError(f"{number} is no number for DynamoDB")
            return {"N": str(number)}
        case str():
            return {"S": value}
        case Mapping():
            return {"M": {name: to_attribute(inner) for name, inner in value.items()}}
        case list() | tuple():
            return {"L": [to_attribute(inner) for inner in value]}
    raise TypeError(f"{type(value).__name__} has no form in DynamoDB")


def _from_attribute(typed: Mapping[str, Any], number: Callable[[str], Any]) -> Any:
    ((kind, content),) = typed.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return number(content)
        case "M":
            return {name: _from_attribute(inner, number) for name, inner in content.items()}
        case "L":
            return [_from_attribute(inner, number) for inner in content]
        case "NULL":
            return None
    raise TypeError(f"nothing of ours is stored as {kind}")


def _whole(number: str) -> int:
    return int(Decimal(number))  # there are forms such as 1E+2


class DocumentAttribute(Attribute[dict[str, Any]]):
    """A map of text, ints, bools, lists and maps: what `storage.codec` makes."""

    attr_type = MAP

    def serialize(self, value: dict[str, Any]) -> Any:
        return to_attribute(value)["M"]

    def deserialize(self, value: Any) -> dict[str, Any]:
        return {name: _from_attribute(inner, _whole) for name, inner in value.items()}


class CountersAttribute(Attribute[dict[str, Any]]):
    """A map of exact numbers (nested one level at most): what updates add to and conditions compare."""

    attr_type = MAP

    def serialize(self, value: dict[str, Any]) -> Any:
        return to_attribute(value)["M"]

    def deserialize(self, value: Any) -> dict[str, Any]:
        return {name: _from_attribute(inner, Decimal) for name, inner in value.items()}


class LogAttribute(Attribute[list[dict[str, Any]]]):
    """A list of documents that is added to at its end."""

    attr_type = LIST

    def serialize(self, value: Sequence[Mapping[str, Any]]) -> Any:
        return to_attribute(value)["L"]

    def deserialize(self, value: Any) -> list[dict[str, Any]]:
        return [_from_attribute(one, _whole) for one in value]


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
    """`log` holds what has happened to the item lately; readers of many items leave it out."""

    log = LogAttribute(null=True)

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
