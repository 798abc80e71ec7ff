"""The mails that identity sends itself. Cognito sends its own: confirmation and recovery codes."""

from __future__ import annotations

from urllib.parse import urlencode

from chalicelib.gateways.mail import Mail, send
from chalicelib.gateways.settings import settings as stage
from chalicelib.http.rendering import render_mail
from chalicelib.identity.model import Invitation
from chalicelib.tenancy.model import TenantSettings


def say_login_exists(email: str, *, locale: str, time_zone: str) -> None:
    """To the owner of an e-mail that somebody signed up with though it has a login."""
    _send("identity/email/login_exists", email, locale=locale, time_zone=time_zone)


def send_invitation(invitation: Invitation, token: str, settings: TenantSettings) -> None:
    link = "/invitation?" + urlencode({"token": token})
    _send(
        "identity/email/invitation",
        invitation.email,
        locale=invitation.locale,
        time_zone=settings.time_zone,
        invitation=invitation,
        tenant_name=settings.name,
        link=link,
    )


def _send(message: str, to: str, *, locale: str, time_zone: str, **context: object) -> None:
    mail = render_mail(message, locale=locale, time_zone=time_zone, url=_absolute, **context)
    send(Mail(to=to, subject=mail.subject, text=mail.text, html=mail.html))


def _absolute(path: str) -> str:
    return stage().public_url + path
