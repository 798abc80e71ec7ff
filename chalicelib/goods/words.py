"""What pages and files say of uploaded goods, in the reader's language."""

from __future__ import annotations

from chalicelib.goods.model import BadRow
from chalicelib.http.i18n import Translator


def reason(t: Translator, bad: BadRow) -> str:
    """Why a row was not taken: our own reason, or the catalogue's."""
    key = f"goods.reason.{bad.reason}"
    text = t.t(key if t.has(key) else f"exchange.reason.{bad.reason}")
    return f"{text}: {bad.detail}" if bad.detail else text
