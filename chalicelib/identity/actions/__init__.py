"""What identity can do, by subject: entering, signing in and up, recovery, invitations, people, one's own account.

Other rooms use `invite`, `invite_again`, `withdraw` (a dealer's people), `change_role`, `disable`, `enable`,
`refresh_sessions` and `work_under` from here.
"""

from chalicelib.identity.actions.account import work_under
from chalicelib.identity.actions.inviting import invite, invite_again, withdraw
from chalicelib.identity.actions.people import change_role, disable, enable, refresh_sessions

__all__ = (
    "change_role",
    "disable",
    "enable",
    "invite",
    "invite_again",
    "refresh_sessions",
    "withdraw",
    "work_under",
)
