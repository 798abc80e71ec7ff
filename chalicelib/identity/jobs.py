"""What identity does when something has happened: invitations are mailed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib.identity import mails, store
from chalicelib.identity.actions.inviting import INVITED, token_of
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import fingerprint, new_secret
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import load_settings

_LINKS = 5  # mailed links of one invitation that still work


def mail_invitation(event: Event, db: TenantSession, now: datetime) -> None:
    """Mails an invitation with a new secret; nothing if it was withdrawn or accepted meanwhile.

    The secret's hash is stored before the mail leaves. Cut short between the two and run again, a second mail goes
    out and the links of both work.
    """
    try:
        record = store.invitation_record(db, event.data["invitation"], event.data.get("party"))
    except NotFound:
        return
    invitation = store.invitation_of(record)
    secret = new_secret()
    digests = (*invitation.digests, fingerprint(secret))[-_LINKS:]
    mailed = replace(invitation, digests=digests, mailed_at=now)
    db.commit([store.invitation_put(db.tenant_id, mailed, record.version)])
    mails.send_invitation(mailed, token_of(db.tenant_id, mailed, secret), load_settings(db))


HANDLERS: dict[str, Callable[[Event, TenantSession, datetime], None]] = {INVITED: mail_invitation}
