"""Limits on guessing passwords and codes.

Three of them hold at once, all counted in Redis:

- per reader's address, whoever is guessed at (ten wrong tries a minute);
- per address and account (five in five minutes), so that guessing from elsewhere shuts nobody out;
- per account over all addresses: after `MOST_WRONG` wrong passwords within `WITHIN_S` the password alone no longer
  signs in, a code mailed to the owner is asked for beside it. Whoever guesses from a thousand machines gains nothing by
  guessing right; the owner reads one letter more and is never locked out. Somebody with a second factor needs no such
  letter: the factor already does its work.

When Redis is away nothing can be counted, so every form of the entrance is shut (503, “try again in a minute”);
signing out and all public pages stay open.
"""

from __future__ import annotations

import hashlib

from django.core.cache import cache

MOST_WRONG = 20
WITHIN_S = 3600
ENTRANCE = ("account_", "mfa_")
ALWAYS_OPEN = frozenset({"account_logout"})


def _key(email: str) -> str:
    return f"limit:wrong:{hashlib.sha256(email.strip().lower().encode()).hexdigest()}"


def note_wrong_password(email: str) -> None:
    """Count one wrong password for the account of that address, whether or not there is one. Raises CannotCount."""
    if not cache.add(_key(email), 1, WITHIN_S):
        try:
            cache.incr(_key(email))
        except ValueError:  # the hour ended in between
            cache.add(_key(email), 1, WITHIN_S)


def is_guessed_at(email: str) -> bool:
    """Whether so many wrong passwords came in this hour that a right one proves little. Raises CannotCount."""
    return int(cache.get(_key(email), 0)) >= MOST_WRONG


def is_entrance(name: str) -> bool:
    """Whether a form of this URL name tries a password, a code or a key, or sends a letter."""
    return name.startswith(ENTRANCE) and name not in ALWAYS_OPEN


def require_counting() -> None:
    """Raises CannotCount while tries cannot be counted."""
    cache.get("limit:open")
