"""DynamoDB's own form of an item goes through botocore as it is.

Whatever it sends and gets botocore walks value by value, along the description of the service. An item's attributes are
on the wire exactly as PynamoDB and we have them (`{"S": "…"}`, `{"M": {…}}`) but for binary ones, of which nothing of
ours is made; on a page of stock rows that walk takes longer than all else that a call does. So it ends at attributes.
"""

from __future__ import annotations

from typing import Any

from botocore.model import MapShape, Shape, StructureShape
from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.serialize import JSONSerializer

_ATTRIBUTE = "AttributeValue"


class _Serializer(JSONSerializer):  # type: ignore[misc]
    def _serialize_type_map(self, serialized: dict[str, Any], value: Any, shape: MapShape, key: str) -> None:
        if shape.value.name == _ATTRIBUTE:
            serialized[key] = value
        else:
            super()._serialize_type_map(serialized, value, shape, key)

    def _serialize_type_structure(
        self, serialized: dict[str, Any], value: Any, shape: StructureShape, key: str | None
    ) -> None:
        if shape.name == _ATTRIBUTE:
            serialized[str(key)] = value
        else:
            super()._serialize_type_structure(serialized, value, shape, key)


class _Parser(JSONParser):  # type: ignore[misc]
    def _parse_shape(self, shape: Shape, node: Any) -> Any:
        plain = shape.name == _ATTRIBUTE or (shape.type_name == "map" and shape.value.name == _ATTRIBUTE)
        return node if plain else super()._parse_shape(shape, node)


class _Parsers(ResponseParserFactory):  # type: ignore[misc]
    def __init__(self, parser: JSONParser) -> None:
        super().__init__()
        self._parser = parser

    def create_parser(self, protocol_name: str) -> JSONParser:
        assert protocol_name == "json", "what DynamoDB speaks"
        return self._parser


def take_items_as_they_are(client: Any) -> None:
    """Changes a DynamoDB client of botocore; what it is asked and answers stays the same."""
    client._serializer = _Serializer()
    client._endpoint._response_parser_factory = _Parsers(_Parser())
