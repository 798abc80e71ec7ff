"""Units as people write them behind a quantity: `2 шт`, `6,5 м`, `1 buc`. Pure rules."""

from __future__ import annotations

# ОКЕИ code → what it is called in pasted lists, without points and spaces.
_WORDS = {
    "796": "шт штука штуки штук ед изд pc pcs piece pieces buc bucată bucata bucăți bucati",
    "839": "компл комплект комплекта комплектов к-т к-кт кт set sets seturi",
    "715": "пар пара пары pair pairs pereche perechi",
    "778": "уп упак упаковка упаковки упаковок pack packs pachet pachete",
    "736": "рул рулон рулона рулонов roll rolls rolă rolă role",
    "812": "ящ ящик ящика ящиков кор короб коробка коробки коробок box boxes cutie cutii",
    "625": "лист листа листов sheet sheets foaie foi",
    "6": "м метр метра метров мп пм погм пометр m meter meters metre metres metru metri ml",
    "55": "м2 м² квм m2 m² mp",
    "113": "м3 м³ кубм m3 m³",
    "166": "кг килограмм kg",
    "168": "т тонна тонны тонн t",
    "112": "л литр литра литров l liter liters litri",
}
_CODES = {word: code for code, words in _WORDS.items() for word in words.split()}
_SAME = {"18": "6"}  # a running metre is a metre


def is_unit(text: str) -> bool:
    """Whether the text is a unit's name and nothing else."""
    return _plain(text) in _CODES


def unit_code_of(text: str) -> str:
    """The ОКЕИ code of a unit's name; empty for one that is not known."""
    return _CODES.get(_plain(text), "")


def unit_fits(written: str, unit: str, unit_code: str) -> bool:
    """Whether a written unit is the product's own: `unit` is its name, `unit_code` its ОКЕИ code; empty = unknown."""
    if not written or not (unit or unit_code) or _plain(written) == _plain(unit):
        return True
    own = unit_code.strip().lstrip("0") or _CODES.get(_plain(unit), "")
    return not own or _CODES.get(_plain(written), "") == _SAME.get(own, own)


def _plain(text: str) -> str:
    return "".join(text.casefold().replace(".", "").split())
