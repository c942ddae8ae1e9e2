"""E-mail over SMTP, one connection a run. RFC 8058 headers let mail programs unsubscribe by one click."""

from __future__ import annotations

import hashlib
import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from marketplace.notifications.couriers.port import Courier, Letter, Receipt, Refused, Uncertain

SAID_NO = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError)


class MailCourier(Courier):
    def __init__(self) -> None:
        self._connection: Any = None

    @classmethod
    def is_open(cls) -> bool:
        return True

    def address_of(self, *, email: str, phone: str, wecom_id: str) -> str:
        return email

    def hand_over(self, letter: Letter) -> Receipt:
        """Only a server's refusal, or a connection that never opened, counts as not sent; all else is uncertain."""
        message = EmailMultiAlternatives(
            subject=letter.subject,
            body=letter.text,
            to=[letter.address],
            headers={"Message-ID": letter.id, **letter.headers, **_one_click(letter)},
            connection=self._opened(),
        )
        message.attach_alternative(letter.html, "text/html")
        raw = message.message().as_bytes()
        try:
            message.send()
        except SAID_NO as error:
            self.close()
            raise Refused(repr(error)) from error
        except OSError as error:
            self.close()
            raise Uncertain(repr(error)) from error
        return Receipt(letter.id, hashlib.sha256(raw).hexdigest(), str(getattr(self._connection, "host", "") or ""))

    def _opened(self) -> Any:
        if self._connection is None:
            connection = get_connection()
            try:
                connection.open()
            except OSError as error:
                raise Refused(repr(error)) from error
            self._connection = connection
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _one_click(letter: Letter) -> dict[str, str]:
    if not letter.unsubscribe:
        return {}
    return {
        "List-Unsubscribe": f"<{letter.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def host() -> str:
    """The domain that message ids are made under."""
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].rstrip(">") or "localhost"
