"""A passkey in software: registers with the market's own library and answers its challenges, as a browser would."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from marketplace.accounts.models import User

RP_ID = "testserver"
ORIGIN = "http://testserver"
PRESENT_AND_VERIFIED = 0x05
HAS_CREDENTIAL = 0x40


class Passkey:
    """A key of one person, kept by the market as any other."""

    def __init__(self, person: User) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = hashlib.sha256(str(person.pk).encode()).digest()
        self.person = person
        data = AttestedCredentialData.create(
            b"\0" * 16, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        auth = AuthenticatorData.create(
            hashlib.sha256(RP_ID.encode()).digest(), PRESENT_AND_VERIFIED | HAS_CREDENTIAL, 0, data
        )
        attestation = AttestationObject.create("none", auth, {})
        client = self._client("webauthn.create", b"\0" * 32)
        self.row = Authenticator.objects.create(
            user=person,
            type=Authenticator.Type.WEBAUTHN,
            data={
                "name": "soft",
                "credential": {
                    "id": websafe_encode(self.credential_id),
                    "rawId": websafe_encode(self.credential_id),
                    "type": "public-key",
                    "response": {
                        "clientDataJSON": websafe_encode(client),
                        "attestationObject": websafe_encode(bytes(attestation)),
                    },
                    "clientExtensionResults": {},
                },
            },
        )

    def answer(self, options: dict[str, Any]) -> str:
        """The signed answer to `request_options`, as the page's script would post it."""
        challenge = options["publicKey"]["challenge"]
        client = self._client("webauthn.get", challenge if isinstance(challenge, bytes) else websafe_decode(challenge))
        auth = bytes(AuthenticatorData.create(hashlib.sha256(RP_ID.encode()).digest(), PRESENT_AND_VERIFIED, 1))
        signed = self.key.sign(auth + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        identity = websafe_encode(self.credential_id)
        return json.dumps(
            {
                "id": identity,
                "rawId": identity,
                "type": "public-key",
                "response": {
                    "clientDataJSON": websafe_encode(client),
                    "authenticatorData": websafe_encode(auth),
                    "signature": websafe_encode(signed),
                    "userHandle": None,
                },
                "clientExtensionResults": {},
            }
        )

    def _client(self, kind: str, challenge: bytes) -> bytes:
        told = {"type": kind, "challenge": websafe_encode(challenge), "origin": ORIGIN, "crossOrigin": False}
        return json.dumps(told).encode()
