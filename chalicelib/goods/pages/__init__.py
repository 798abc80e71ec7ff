"""Pages of the back office for a catalogue that is kept here."""

from chalicelib.goods.pages import categories as categories
from chalicelib.goods.pages import edits as edits
from chalicelib.goods.pages import pictures as pictures
from chalicelib.goods.pages import products as products
from chalicelib.goods.pages import uploads as uploads
from chalicelib.goods.pages.base import doors as doors
