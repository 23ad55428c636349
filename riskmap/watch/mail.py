"""Messages by e-mail, through an SMTP server of the installation's own."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from riskmap.watch.channels import Message, SendError

TIMEOUT_S = 20
SMTP, SUBMISSION, SMTPS = 25, 587, 465


@dataclass(frozen=True)
class MailChannel:
    """``url``: ``smtp://user:password@host:587`` (STARTTLS, refused without), ``smtps://...`` (TLS from the start), or
    ``smtp://host:25?tls=none`` inside a machine. ``?ca=/path`` names the authority of a server of one's own.
    """

    url: str = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    name: str = "mail"

    def send(self, message: Message) -> None:
        host = urlsplit(self.url).hostname
        try:
            with self._connect() as server:
                refused = server.send_message(self._mail(message), self.sender, list(self.recipients))
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            raise SendError(f"{host} does not let us in: {type(error).__name__}") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            final = all(code >= 500 for code in codes)
            raise SendError(f"{host} refused all {len(codes)} recipients: {codes}", is_final=final) from None
        except smtplib.SMTPResponseException as error:
            raise SendError(f"{host} answered {error.smtp_code}", is_final=error.smtp_code >= 500) from None
        except (OSError, smtplib.SMTPException) as error:
            raise SendError(f"no mail through {host}: {type(error).__name__}") from None
        if refused:
            codes = sorted(code for code, _ in refused.values())
            # The others have it: to send it again would be the message twice for them.
            raise SendError(
                f"{host} refused {len(refused)} of {len(self.recipients)} recipients: {codes}", is_final=True
            )

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        context = ssl.create_default_context(cafile=options.get("ca"))
        host = parts.hostname or ""
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or SMTPS, timeout=TIMEOUT_S, context=context)
        else:
            is_plain = options.get("tls") == "none"
            server = smtplib.SMTP(host, parts.port or (SMTP if is_plain else SUBMISSION), timeout=TIMEOUT_S)
        try:
            if parts.scheme != "smtps" and options.get("tls") != "none":
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.subject
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients)
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.message_id}@{self.sender.rpartition('@')[2].rstrip('>')}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body, charset="utf-8", cte="base64")
        return mail
