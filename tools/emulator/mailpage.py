"""The mails the local stack has sent, as a page for people: newest first, links clickable.

Everything that comes from a mail is escaped; an HTML body is shown in a sandboxed frame without
scripts. A record is MiniStack's, plus `RawSource` (base64) where the sender gave the MIME source.
"""

import base64
import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from html import escape
from typing import Any
from urllib.parse import quote

PATH = "/_kontor/mail"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'"

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid #8884; border-radius: 8px; padding: 0 1rem 1rem; margin: 1rem 0 }
h2 { font-size: 1.1rem; margin: .8rem 0 .2rem } pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
.meta { color: #777; margin: 0 } iframe { width: 100%; height: 28rem; border: 1px solid #8884; background: #fff }
"""


def page(mails: list[dict[str, Any]]) -> bytes:
    """The whole mailbox as an HTML page; `mails` are MiniStack's records, oldest first."""
    letters = "".join(_letter(mail) for mail in reversed(mails)) or "<p>No mail has been sent yet.</p>"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sent mail - Kontor</title>"
        "<meta name=viewport content='width=device-width'>"
        f"<style>{_STYLE}</style><h1>Sent mail</h1>"
        "<p class=meta>Nothing leaves this machine: these are the mails that would have been sent. "
        f"As data: <a href='/_ministack/ses/messages'>JSON</a>.</p>{letters}"
    ).encode()


def attachment(mails: list[dict[str, Any]], identity: str, number: int) -> tuple[str, bytes] | None:
    """(media type, content) of a mail's n-th attachment, counted from 0."""
    parts = [part for mail in mails if mail["MessageId"] == identity for part in _attachments(mail)]
    if number >= len(parts):
        return None
    content = parts[number].get_payload(decode=True)
    return parts[number].get_content_type(), content if isinstance(content, bytes) else b""


def _letter(mail: dict[str, Any]) -> str:
    identity = str(mail["MessageId"])
    sent = datetime.fromtimestamp(float(mail["Timestamp"]), UTC).astimezone()
    to = ", ".join([*mail.get("To", []), *mail.get("CC", []), *mail.get("BCC", [])])
    text = mail.get("RenderedBodyText") or mail.get("BodyText") or ""
    html = mail.get("RenderedBodyHtml") or mail.get("BodyHtml")
    frame = (
        f"<details{'' if text else ' open'}><summary>as HTML</summary>"
        f"<iframe sandbox='allow-popups' srcdoc=\"{escape('<base target=_blank>' + html)}\"></iframe></details>"
        if html
        else ""
    )
    return (
        f"<article id='{escape(identity)}'>"
        f"<h2>{escape(str(mail.get('RenderedSubject') or mail.get('Subject') or '(no subject)'))}</h2>"
        f"<p class=meta>to {escape(to)} · from {escape(str(mail.get('Source', '')))} · {sent:%Y-%m-%d %H:%M:%S}</p>"
        f"<pre>{_linked(str(text))}</pre>{frame}{_attachment_links(identity, mail)}</article>"
    )


def _linked(text: str) -> str:
    """Escape a plain text and make its http addresses clickable."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        address = escape(match.group())
        parts += [escape(text[end : match.start()]), f"<a href='{address}' rel=noreferrer>{address}</a>"]
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def _attachment_links(identity: str, mail: dict[str, Any]) -> str:
    links = [
        f"<li><a href='{PATH}/{quote(identity)}/{index}'>{escape(part.get_filename() or 'attachment')}</a></li>"
        for index, part in enumerate(_attachments(mail))
    ]
    return f"<ul>{''.join(links)}</ul>" if links else ""


def _attachments(mail: dict[str, Any]) -> list[EmailMessage]:
    if not mail.get("RawSource"):
        return []
    message = email.message_from_bytes(base64.b64decode(mail["RawSource"]), policy=email.policy.default)
    return [part for part in message.iter_attachments() if isinstance(part, EmailMessage)]
