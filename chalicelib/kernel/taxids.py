"""Tax ids by country, checked by python-stdnum: ИНН, IDNO, CUI, EU VAT."""

from __future__ import annotations

from types import ModuleType

COUNTRIES = ("RU", "MD", "RO", "BY", "UA", "BG", "DE", "PL", "LT", "LV", "EE", "CZ", "SK", "HU", "IT", "AT")


def _checker(country: str) -> ModuleType | None:
    # Imported on use: each is a module of its own and most requests need none.
    if country == "RU":
        from stdnum.ru import inn

        return inn
    if country == "MD":
        from stdnum.md import idno

        return idno
    if country == "RO":
        from stdnum.ro import cf

        return cf
    if country == "BY":
        from stdnum.by import unp

        return unp
    if country == "UA":
        from stdnum.ua import edrpou

        return edrpou
    if country in COUNTRIES:
        from stdnum.eu import vat

        return vat
    return None


def normal_tax_id(country: str, text: str) -> str:
    """The number in its one form, without spaces and marks; ValueError when its length or check digit is wrong.

    Countries whose numbers are checked as EU VAT get the country's prefix, e.g. `DE136695976`; elsewhere a prefix is
    dropped: `RO18547290` (payer of VAT) and `18547290` are one company.
    """
    checker = _checker(country)
    if checker is None:
        raise ValueError(f"no tax ids known for {country}")
    number = text.strip().upper().removeprefix(country)
    if checker.__name__.endswith("eu.vat"):
        number = country + number
    from stdnum.exceptions import ValidationError

    try:
        return str(checker.validate(number))
    except ValidationError as wrong:
        raise ValueError(f"not a tax id of {country}") from wrong
