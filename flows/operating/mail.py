"""E-mail over any SMTP server as a Prefect notification block, which Prefect has none of itself.

prefect block register --file flows/operating/mail.py
MailServer(host="mail.example", user="loop", password="…", sender="loop@example",
           to=["team@example"]).save("team")        →  notify: {blocks: [mail-server/team]}
"""

import smtplib
import ssl
from email.message import EmailMessage

from prefect.blocks.abstract import NotificationBlock, NotificationError
from pydantic import Field, SecretStr

SECONDS = 10.0


class MailServer(NotificationBlock):
    """An SMTP server, who sends and who gets the mail. TLS unless `encrypted` is false."""

    _block_type_name = "Mail Server"
    _block_type_slug = "mail-server"

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    encrypted: bool = Field(default=True, description="STARTTLS, or TLS at once on port 465.")
    user: str | None = None
    password: SecretStr | None = None
    sender: str
    to: list[str] = Field(min_length=1)

    def notify(self, body: str, subject: str | None = None) -> None:  # type: ignore[override]
        """Send one mail to all.

        Raises:
            NotificationError: the server refuses, or cannot be reached.
        """
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = subject or "", self.sender, ", ".join(self.to)
        mail.set_content(body)
        try:
            with self._connect() as server:
                if self.user and self.password:
                    server.login(self.user, self.password.get_secret_value())
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise NotificationError(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        trusted = ssl.create_default_context()
        if self.encrypted and self.port == smtplib.SMTP_SSL_PORT:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=trusted)
        server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        if self.encrypted:
            server.starttls(context=trusted)
        return server
