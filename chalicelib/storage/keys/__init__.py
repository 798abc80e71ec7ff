"""Every key of every table is made in this package and nowhere else (architecture §4).

Each access pattern is one named function. Partition keys of tenant data begin with `T#<tenant>#`, GSI keys too;
`docs/keys.md` is generated from these modules by `python -m tools.keys_doc` and tested to be current.
"""

from __future__ import annotations

from chalicelib.storage.keys.base import PATTERNS as PATTERNS
from chalicelib.storage.keys.base import Index as Index
from chalicelib.storage.keys.base import IndexKey as IndexKey
from chalicelib.storage.keys.base import Key as Key
from chalicelib.storage.keys.base import Partition as Partition
from chalicelib.storage.keys.base import Table as Table
from chalicelib.storage.keys.base import tenant_folders as tenant_folders
from chalicelib.storage.keys.base import tenant_prefix as tenant_prefix
from chalicelib.storage.keys.billing import *  # noqa: F403 - all of them, under one name
from chalicelib.storage.keys.common import *  # noqa: F403
from chalicelib.storage.keys.directory import *  # noqa: F403
from chalicelib.storage.keys.exchange import *  # noqa: F403
from chalicelib.storage.keys.goods import *  # noqa: F403
from chalicelib.storage.keys.network import *  # noqa: F403
from chalicelib.storage.keys.ordering import *  # noqa: F403
from chalicelib.storage.keys.sessions import *  # noqa: F403
from chalicelib.storage.keys.stock import *  # noqa: F403
from chalicelib.storage.keys.tenant import *  # noqa: F403
