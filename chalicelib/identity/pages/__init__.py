"""The doors of identity. Importing the package registers them all on `doors`."""

from chalicelib.identity.pages import account, invitation, recovery, security, signing_in, signing_up, staff
from chalicelib.identity.pages.registry import doors

__all__ = ("account", "doors", "invitation", "recovery", "security", "signing_in", "signing_up", "staff")
