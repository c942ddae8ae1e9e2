"""Sealing of offers: pure cryptography, no database (docs/adr/ says why, and what it does not protect against).

A round has an X25519 key pair. Offers are encrypted to the public key: an ephemeral key per offer, HKDF-SHA256,
AES-256-GCM bound to its place in the round. The private key is split into two shares whose XOR is the key; neither says
anything alone. The holder's share is wrapped by a key from the holder's passphrase (scrypt); the market's by a key from
a server secret.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
#: About a tenth of a second and 64 MB for each guess at a passphrase.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1
_OFFER = b"sealed offer"
_SHARE = b"opening share"


class CannotOpen(Exception):
    """Wrong key, wrong passphrase, or changed bytes: the three cannot be told apart."""


@dataclass(frozen=True, slots=True)
class RoundKeys:
    """What a new round keeps: the public key and the two shares, each wrapped."""

    public_key: bytes
    holder_share: bytes
    holder_salt: bytes
    market_share: bytes


def new_round_keys(passphrase: str, server_secret: str) -> RoundKeys:
    """Make the keys of a round. The private key is gone when this returns."""
    private = X25519PrivateKey.generate()
    key = private.private_bytes_raw()
    mine = secrets.token_bytes(KEY_BYTES)
    salt = secrets.token_bytes(SALT_BYTES)
    return RoundKeys(
        public_key=private.public_key().public_bytes_raw(),
        holder_share=wrap(_xor(key, mine), passphrase_key(passphrase, salt)),
        holder_salt=salt,
        market_share=wrap(mine, secret_key(server_secret)),
    )


def passphrase_key(passphrase: str, salt: bytes) -> bytes:
    """A key from what a person remembers; slow on purpose."""
    return Scrypt(salt=salt, length=KEY_BYTES, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())


def secret_key(server_secret: str) -> bytes:
    """A key from a secret of the server, good for opening shares only."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=_SHARE).derive(server_secret.encode())


def wrap(share: bytes, key: bytes) -> bytes:
    """The share under a key: nonce and ciphertext."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, share, _SHARE)


def unwrap(wrapped: bytes, key: bytes) -> bytes:
    """Raises CannotOpen."""
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _SHARE)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen() from error


def join(holder_share: bytes, market_share: bytes) -> bytes:
    """The private key of the round from both shares, unwrapped."""
    return _xor(holder_share, market_share)


def seal(plain: bytes, public_key: bytes, place: str) -> bytes:
    """Encrypt an offer to the round; `place` binds it to where it stands, so that it cannot be moved to another."""
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    key = _offer_key(ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key)), public, public_key)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return public + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(sealed: bytes, private_key: bytes, place: str) -> bytes:
    """Raises CannotOpen."""
    try:
        private = X25519PrivateKey.from_private_bytes(private_key)
        public, nonce = sealed[:KEY_BYTES], sealed[KEY_BYTES : KEY_BYTES + NONCE_BYTES]
        shared = private.exchange(X25519PublicKey.from_public_bytes(public))
        key = _offer_key(shared, public, private.public_key().public_bytes_raw())
        return AESGCM(key).decrypt(nonce, sealed[KEY_BYTES + NONCE_BYTES :], place.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen() from error


def _offer_key(shared: bytes, ephemeral: bytes, public_key: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=ephemeral + public_key, info=_OFFER).derive(shared)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
