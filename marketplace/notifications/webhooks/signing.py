"""Signatures as Standard Webhooks 1.0 asks: HMAC-SHA256 over `id.timestamp.body`, one for each secret in force."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings

from marketplace.notifications.models import WebhookEndpoint

OLD_SECRET_SIGNS_FOR = timedelta(days=1)


def _key(endpoint: WebhookEndpoint, nonce: str) -> bytes:
    """32 bytes that only the market's key and this nonce make."""
    master = hashlib.sha256(f"webhooks {settings.SECRET_KEY}".encode()).digest()
    return hmac.digest(master, f"{endpoint.pk}.{nonce}".encode(), "sha256")


def secret_of(endpoint: WebhookEndpoint) -> str:
    """The secret as a receiver enters it."""
    return "whsec_" + base64.b64encode(_key(endpoint, endpoint.nonce)).decode()


def headers(endpoint: WebhookEndpoint, uid: str, body: bytes, at: datetime) -> dict[str, str]:
    """The three headers of a message. `at` is the moment of the try: receivers refuse what is older than minutes."""
    stamp = str(int(at.timestamp()))
    nonces = [endpoint.nonce]
    if endpoint.previous_nonce and endpoint.rotated_at and at < endpoint.rotated_at + OLD_SECRET_SIGNS_FOR:
        nonces.append(endpoint.previous_nonce)
    signed = f"{uid}.{stamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(_key(endpoint, nonce), signed, "sha256")).decode() for nonce in nonces]
    return {
        "webhook-id": uid,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
