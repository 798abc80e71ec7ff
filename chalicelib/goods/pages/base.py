"""What the pages of goods share."""

from __future__ import annotations

from chalicelib.http.doors import Doors
from chalicelib.kernel.access import Permission

doors = Doors(__name__)
MAY = Permission.CATALOGUE_EDIT
