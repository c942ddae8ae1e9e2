"""The fake's memory: one SQLite file, so that a killed process finds everything it had answered for."""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Thing = dict[str, Any]
LETTERS = string.ascii_letters + string.digits
PLATFORM = ""  # the account column of what belongs to the platform itself
KEY_LIFE_SECONDS = 24 * 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS thing_by_kind ON thing (kind, account, seq);
CREATE TABLE IF NOT EXISTS answer (
    key TEXT NOT NULL, account TEXT NOT NULL, asked TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (key, account)
);
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    account TEXT NOT NULL, key TEXT NOT NULL, status INTEGER NOT NULL, note TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, url TEXT NOT NULL, scope TEXT NOT NULL,
    due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, status INTEGER, error TEXT
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (done, due);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


class Store:
    """Objects by id and kind. All reading and writing happens inside `turn`, one at a time."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        if path:
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Alone with the data until the end of the block; an exception undoes what the block wrote."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if outermost:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if outermost:
                self._db.execute("COMMIT")

    # -- time ---------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Seconds since 1970 by the fake's clock, which `control` may set forward."""
        return int(time.time()) + int(self.setting("clock_ahead", 0))

    # -- things -------------------------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_" + "".join(secrets.choice(LETTERS) for _ in range(24))

    def add(self, kind: str, thing: Thing, account: str = PLATFORM) -> Thing:
        self._db.execute(
            "INSERT INTO thing (id, kind, account, body) VALUES (?, ?, ?, ?)",
            (thing["id"], kind, account, json.dumps(thing)),
        )
        return thing

    def save(self, thing: Thing) -> Thing:
        self._db.execute("UPDATE thing SET body = ? WHERE id = ?", (json.dumps(thing), thing["id"]))
        return thing

    def find(self, kind: str, pk: str, account: str | None = PLATFORM) -> Thing | None:
        """The thing of that kind, id and account (None: of any account); None when there is none."""
        row = self._db.execute("SELECT body, account FROM thing WHERE id = ? AND kind = ?", (pk, kind)).fetchone()
        if row is None or (account is not None and row["account"] != account):
            return None
        thing: Thing = json.loads(row["body"])
        return thing

    def anything(self, pk: str, account: str = PLATFORM) -> Thing | None:
        """Whatever has this id, for expansion."""
        row = self._db.execute("SELECT body FROM thing WHERE id = ? AND account = ?", (pk, account)).fetchone()
        thing: Thing | None = json.loads(row["body"]) if row else None
        return thing

    def every(self, kind: str, account: str | None = PLATFORM) -> list[Thing]:
        """All things of a kind, newest first."""
        if account is None:
            rows = self._db.execute("SELECT body FROM thing WHERE kind = ? ORDER BY seq DESC", (kind,))
        else:
            rows = self._db.execute(
                "SELECT body FROM thing WHERE kind = ? AND account = ? ORDER BY seq DESC", (kind, account)
            )
        return [json.loads(row["body"]) for row in rows]

    def in_status(self, kind: str, status: str) -> list[Thing]:
        """The platform's things of a kind in one status; asked often, so the file does the sifting."""
        rows = self._db.execute(
            "SELECT body FROM thing WHERE kind = ? AND account = '' AND body LIKE ?", (kind, f'%"status": "{status}"%')
        )
        return [thing for row in rows if (thing := json.loads(row["body"]))["status"] == status]

    def owner(self, pk: str) -> str:
        row = self._db.execute("SELECT account FROM thing WHERE id = ?", (pk,)).fetchone()
        return str(row["account"]) if row else PLATFORM

    def counts(self) -> dict[str, int]:
        return {row[0]: row[1] for row in self._db.execute("SELECT kind, count(*) FROM thing GROUP BY kind")}

    # -- answers kept under a key -------------------------------------------------------------------------------------

    def kept_answer(self, key: str, account: str) -> sqlite3.Row | None:
        self._db.execute("DELETE FROM answer WHERE at < ?", (self.now() - KEY_LIFE_SECONDS,))
        row: sqlite3.Row | None = self._db.execute(
            "SELECT asked, status, body FROM answer WHERE key = ? AND account = ?", (key, account)
        ).fetchone()
        return row

    def keep_answer(self, key: str, account: str, asked: str, status: int, body: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?)", (key, account, asked, status, body, self.now())
        )

    # -- calls --------------------------------------------------------------------------------------------------------

    def note_call(self, method: str, path: str, account: str, key: str, status: int, note: str) -> None:
        self._db.execute(
            "INSERT INTO call (at, method, path, account, key, status, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (time.time(), method, path, account, key, status, note),
        )

    def calls(self) -> list[Thing]:
        return [dict(row) for row in self._db.execute("SELECT * FROM call ORDER BY id DESC LIMIT 1000")]

    # -- deliveries ---------------------------------------------------------------------------------------------------

    def owe(self, event: str, url: str, scope: str, due: float) -> None:
        self._db.execute("INSERT INTO delivery (event, url, scope, due) VALUES (?, ?, ?, ?)", (event, url, scope, due))

    def due_deliveries(self, most: int = 100) -> list[Thing]:
        rows = self._db.execute(
            "SELECT * FROM delivery WHERE done = 0 AND due <= ? ORDER BY due, id LIMIT ?", (time.time(), most)
        )
        return [dict(row) for row in rows]

    def mark_delivery(self, pk: int, *, done: bool, due: float, status: int | None, error: str) -> None:
        self._db.execute(
            "UPDATE delivery SET done = ?, due = ?, tries = tries + 1, status = ?, error = ? WHERE id = ?",
            (int(done), due, status, error, pk),
        )

    def deliveries(self) -> list[Thing]:
        return [dict(row) for row in self._db.execute("SELECT * FROM delivery ORDER BY id DESC LIMIT 500")]

    def hasten(self) -> None:
        """Make every delivery still owed due now."""
        self._db.execute("UPDATE delivery SET due = 0 WHERE done = 0")

    # -- settings -----------------------------------------------------------------------------------------------------

    def setting(self, name: str, default: Any) -> Any:
        row = self._db.execute("SELECT body FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row["body"]) if row else default

    def set(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def forget_everything(self) -> None:
        for table in ("thing", "answer", "call", "delivery", "setting"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - own constants
