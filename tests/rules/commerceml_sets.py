"""Where the real CommerceML files are, and a second, simple way to count what they hold.

The files are not ours to publish, so they are read from a folder beside the repository.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve()
_SETS = "data/commerceml"
DAMAGED = "v2.05-damaged-prefix/test.xml"
FILES = (
    "v2.021-windows1251/100_xmlcatalog_FUTURE-1C-CATALOG-offers_ru.xml",
    "v2.021-windows1251/101_xmlcatalog_FUTURE-1C-CATALOG_ru.xml",
    "v2.03-orders-windows1251/from.xml",
    "v2.03-orders-windows1251/orders.xml",
    "v2.04-characteristics-in-goods/import.xml",
    "v2.04-characteristics-in-goods/offer.xml",
    "v2.04-official-doc/import.xml",
    "v2.04-official-doc/offers.xml",
    "v2.04-official-doc/orders.xml",
    "v2.04-ut-five-prices/import.xml",
    "v2.04-ut-five-prices/offers.xml",
    "v2.05-changes-only/import.xml",
    "v2.05-changes-only/offers.xml",
    "v2.05-site-to-1c/query-response-empty.xml",
    "v2.05-site-to-1c/query-response-full.xml",
    "v2.07-split-names/import0_1.xml",
    "v2.07-split-names/import0_1_with_nested_groups.xml",
    "v2.07-split-names/offers0_1.xml",
    "v2.07-ut11-warehouses/import.xml",
    "v2.07-ut11-warehouses/import_v1.xml",
    "v2.07-ut11-warehouses/import_wo_classifier.xml",
    "v2.07-ut11-warehouses/offers.xml",
    "v2.07-ut11-warehouses/offers_v1.xml",
    "v2.08-unf-ns210/import.xml",
    "v2.08-unf-ns210/offers.xml",
    "v2.09-bitrix-module/import___b815e2db-7a65-4265-9241-5f0c4f0565a7.xml",
    "v2.09-bitrix-module/offers___7f304edc-2527-4d3d-b058-6e4ee53de2e0.xml",
    "v2.09-bitrix-module/offers___f0bab95c-14a6-4141-9746-6650b65f1191.xml",
    "v2.09-bitrix-module/prices___d66a6b51-ce9c-4e7a-8c7c-25079721107f.xml",
    "v2.09-bitrix-module/rests___1af6e7b8-a026-4690-9752-1c9d64cb914d.xml",
    "v3.1-2024/import.xml",
    "v3.1-2024/offers.xml",
    "v3.1-2024/prices.xml",
    "v3.1-2024/rests.xml",
    "v3.1-bitrix-module6/documents/1/documents.xml",
    "v3.1-bitrix-module6/documents/2/documents.xml",
    "v3.1-bitrix-module6/goods/1/import.xml",
    "v3.1-bitrix-module6/goods/1/offers.xml",
    "v3.1-bitrix-module6/goods/1/prices.xml",
    "v3.1-bitrix-module6/goods/1/rests.xml",
    "v3.1-bitrix-module6/import.xml",
    "v3.1-bitrix-module6/properties/1/import.xml",
    "v3.1-bitrix-module6/properties/1/offers.xml",
)


def real_file(name: str) -> Path:
    """The file, or a failing test that says what is missing; skipped only where that was asked for."""
    folders = [Path(os.environ["KONTOR_SHARED"])] if "KONTOR_SHARED" in os.environ else []
    folders.append(_HERE.parents[3] / "shared")
    for folder in folders:
        path = folder / _SETS / name
        if path.is_file():
            return path
    if os.environ.get("KONTOR_WITHOUT_SHARED") == "1":
        pytest.skip("the real CommerceML files are not here and KONTOR_WITHOUT_SHARED=1 says so")
    pytest.fail(
        f"the real CommerceML file {name} is not in {' or '.join(map(str, folders))}; "
        "set KONTOR_SHARED to the folder that has it, or KONTOR_WITHOUT_SHARED=1 to do without"
    )


def chunks(path: Path, size: int = 1 << 16) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def paths(path: Path) -> Counter[str]:
    """How often each path of local names occurs below the root, by the standard library's own tree parser."""
    found: Counter[str] = Counter()
    trail: list[str] = []
    for event, element in ET.iterparse(path, events=("start", "end")):
        if event == "start":
            trail.append(element.tag.rpartition("}")[2])
            found["/".join(trail[1:])] += 1
        else:
            trail.pop()
            element.clear()
    return found


def ending(found: Counter[str], *tails: str) -> int:
    return sum(count for path, count in found.items() if path.endswith(tails))
