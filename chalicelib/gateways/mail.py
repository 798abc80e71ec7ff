"""Outgoing mail through SES."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

from chalicelib.gateways.aws import client
from chalicelib.gateways.settings import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message to one reader, in their language already. `attachments`: (file name, MIME type, bytes)."""

    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()


def as_mime(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject.replace("\n", " ")
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for name, mime, content in mail.attachments:
        kind, _, subtype = mime.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message


def send(mail: Mail) -> None:
    sender = settings().mail_from
    if mail.attachments:
        client("ses").send_raw_email(RawMessage={"Data": as_mime(mail, sender).as_bytes()})
        return
    client("ses").send_email(
        Source=sender,
        Destination={"ToAddresses": [mail.to]},
        Message={
            "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": mail.text, "Charset": "UTF-8"},
                "Html": {"Data": mail.html, "Charset": "UTF-8"},
            },
        },
    )
