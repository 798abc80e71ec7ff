"""Sets of places as the bits of one integer: bit n is set if place n is in the set.

A *place* is where a listed SKU stands in the order of names, from 0; `size` is how many there are. Two sets meet, join
and are counted by one operation of the processor for every thirty places, so what a search costs hardly depends on how
much it finds.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import compress, islice
from operator import or_

PLACES = "I"
"""The type code of arrays of places and of SKU numbers: four bytes each, little-endian as on every machine we use."""

_FEW = 32  # a set of fewer than one place in so many is kept as their list, which is shorter than its bits
_SOME_BITS = re.compile(rb"[^\0]")
_OF_BYTE = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
_AS_FLAGS = bytes.maketrans(b"01", b"\0\1")


def everything(size: int) -> int:
    return (1 << size) - 1


def joined(found: Iterable[int]) -> int:
    return reduce(or_, found, 0)


def of(places: Sequence[int], size: int) -> int:
    """The set of some places; one may come twice."""
    if len(places) * _FEW < size:
        some = bytearray(-(-size // 8))
        for place in places:
            some[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(some, "little")
    digits = bytearray(b"0") * size
    for place in places:
        digits[place] = 49  # "1"
    digits.reverse()
    return int(digits or b"0", 2)


def packed(found: int, size: int) -> bytes:
    """A set as it is kept in a file: its bits or, if that is shorter, the list of its places."""
    if found.bit_count() * _FEW < size:
        return array(PLACES, places(found)).tobytes()
    return found.to_bytes(-(-size // 8), "little")


def packed_list(some: Sequence[int], size: int) -> bytes:
    """As `packed`, of the list of a set's places."""
    if len(some) * _FEW < size:
        return array(PLACES, sorted(set(some)) if len(some) > 1 else some).tobytes()
    return packed(of(some, size), size)


def unpacked(kept: Iterable[bytes], size: int) -> int:
    """All of some packed sets joined."""
    found, few = 0, []
    for one in kept:
        if len(one) == -(-size // 8):
            found |= int.from_bytes(one, "little")
        else:
            few.append(one)
    return found | of(array(PLACES, b"".join(few)), size) if few else found


def packed_all(kept: Sequence[bytes], size: int) -> bytes:
    """All of some packed sets joined, and packed again."""
    if any(len(one) == -(-size // 8) for one in kept):
        return packed(unpacked(kept, size), size)
    return packed_list(array(PLACES, b"".join(kept)), size)


def counted(kept: bytes, size: int) -> int:
    """How many places a packed set has."""
    return unpacked([kept], size).bit_count() if len(kept) == -(-size // 8) else len(kept) // array(PLACES).itemsize


def places(found: int) -> Iterator[int]:
    """The places of a set, ascending."""
    data = found.to_bytes(-(-found.bit_length() // 8), "little")
    for some in _SOME_BITS.finditer(data):
        begin = some.start() * 8
        for bit in _OF_BYTE[data[some.start()]]:
            yield begin + bit


def has(flags: bytes, place: int) -> bool:
    """Whether a set, given by its bytes, has a place."""
    return bool(flags[place >> 3] >> (place & 7) & 1)


def part(found: int, begin: int, end: int) -> list[int]:
    """The places from the `begin`-th to before the `end`-th, whatever is before them."""
    least, most = 0, found.bit_length() if begin > 0 else 0
    while least < most:  # the highest place that has no more than `begin` others below it
        middle = (least + most + 1) // 2
        if (found & everything(middle)).bit_count() <= begin:
            least = middle
        else:
            most = middle - 1
    return [least + place for place in islice(places(found >> least), max(end - max(begin, 0), 0))]


def along(order: Sequence[int], found: int, size: int) -> Iterator[int]:
    """The places of a set that `order` has, in its order."""
    flags = format(found, f"0{size}b").encode().translate(_AS_FLAGS)[::-1]
    return compress(order, map(flags.__getitem__, order))
