"""Send an alert, or any e-mail, through the mail server of the settings."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import TYPE_CHECKING, Any

from alerts.answers import Answer
from alerts.errors import MailRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.settings import Settings
    from projects.alerts.records import AlertChannel, AlertDelivery

TIMEOUT_S = 10.0
MAX_SUBJECT = 150
_PERMANENT = 500


def send_mail(delivery: AlertDelivery, channel: AlertChannel, settings: Settings) -> Answer:
    """Send a delivery to the recipients of a channel; its Message-ID is the same in every attempt."""
    alert = json.loads(delivery.body)
    recipients = [one.strip() for one in channel.address.split(",")]
    subject = alert.get("subject") or f"{alert['project']['name']}: {alert['sentence']}"
    message = write_message(settings, recipients, subject, mail_text(alert), delivery.delivery_id, alert.get("html"))
    try:
        refused = post(settings, message)
    except MailRefusedError as error:
        return Answer(str(error), is_final=True)
    except smtplib.SMTPResponseException as error:
        words = f"{error.smtp_code} {_one_line(error.smtp_error)}"
        return Answer(f"The mail server answered {words}", is_final=error.smtp_code >= _PERMANENT)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        words = "; ".join(f"{name}: {code} {_one_line(said)}" for name, (code, said) in error.recipients.items())
        return Answer(f"The mail server refused {words}", is_final=min(codes) >= _PERMANENT)
    except (OSError, smtplib.SMTPException) as error:
        return Answer(f"The mail server did not take it: {type(error).__name__}: {_one_line(str(error))}")
    words = "; ".join(f"{name}: {code} {_one_line(said)}" for name, (code, said) in refused.items())
    return Answer(f"The mail server took it, but not for {words}" if words else "The mail server took it.", True)


def write_message(  # noqa: PLR0913, PLR0917 - the parts of an e-mail
    settings: Settings, recipients: Sequence[str], subject: str, text: str, identity: str, html: str | None = None
) -> EmailMessage:
    """Write an e-mail; `identity` gives its Message-ID, by which mail servers and readers recognize a repeat."""
    sender = settings.smtp_from or f"turret@{socket.getfqdn()}"
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = " ".join(subject.split())[:MAX_SUBJECT]
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{identity}@{parseaddr(sender)[1].rpartition('@')[2] or 'turret'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def mail_text(alert: dict[str, Any]) -> str:
    """Return an alert as plain text."""
    examples = [f"> {' '.join(text.split())}" for text in alert.get("examples", [])]
    parts = [alert.get("text") or alert["sentence"], *examples, alert["link"], f"Alert: {alert['rule']['name']}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def post(settings: Settings, message: EmailMessage) -> dict[str, tuple[int, bytes]]:
    """Hand a message to the mail server; return the recipients that it refused.

    Raises:
        MailRefusedError: no mail server is set, or the password would be sent in clear.
        smtplib.SMTPException: the server refuses it.
        OSError: the server cannot be reached.
    """
    if not settings.smtp_host:
        raise MailRefusedError("No mail server is set: set TURRET_SMTP_HOST.")
    if settings.smtp_user and settings.smtp_security == "none":
        raise MailRefusedError(
            "TURRET_SMTP_SECURITY is 'none', which would send the password of TURRET_SMTP_USER in clear; allowed with "
            "a user are 'starttls' and 'tls'."
        )
    place = (settings.smtp_host, settings.smtp_port)
    context = ssl.create_default_context() if settings.smtp_security != "none" else None
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(*place, timeout=TIMEOUT_S)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        return server.send_message(message)


def _one_line(text: str | bytes) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())
