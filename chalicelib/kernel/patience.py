"""When work that was given to a queue is looked at again. The row is written first and the message sent then, so the
message may never have been sent; a worker may die. A message too many does no harm: who comes second finds it done."""

from __future__ import annotations

from datetime import timedelta

UNTAKEN = timedelta(minutes=5)
"""Nobody has begun: the message is sent again."""
SILENT = timedelta(minutes=35)
"""Somebody began and has fallen silent: longer than the queue hides a message from others."""
