"""A migrated database kept between the test runs of one machine: making a new one takes longer than most test files.

A stopped cluster lies among the temporary files, named by a hash of all that decides what the migrations make. A run
that finds it begins from a copy; one that finds none migrates, and leaves one behind. `KEEP_TEST_DATABASE=0` does
neither. The pipeline's machine is new each time and never finds one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.db import connection

from marketplace.embedded.postgres import Cluster

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = "migrated"  # the database's name, and that of the mark beside a cluster that has it
MOST = 3  # clusters of other branches and earlier migrations
DECIDING = ("requirements*.txt", "*/migrations/*.py", "*/*/migrations/*.py", "marketplace/core/migrating.py")


def place() -> Path | None:
    """Where the cluster of these very migrations is kept, or would be."""
    if os.environ.get("KEEP_TEST_DATABASE", "1") == "0":
        return None
    told = hashlib.sha256()
    for path in sorted(path for pattern in DECIDING for path in ROOT.glob(pattern)):
        told.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return Path(tempfile.gettempdir()) / f"ip-market-kept-{os.getuid()}" / told.hexdigest()[:20]


def lay_out(directory: Path) -> None:
    """Begin a run's own cluster from the kept one, if there is one."""
    kept = place()
    if kept is not None and kept.is_dir():
        home = Cluster(directory, durable=False).home()
        subprocess.run(["cp", "-a", str(kept), str(home)], check=True)
        os.utime(kept)  # the least used goes first


def template(directory: Path) -> str | None:
    """The database of a run's cluster that new ones are made from."""
    return TEMPLATE if (Cluster(directory, durable=False).home() / TEMPLATE).exists() else None


def remember(directory: Path) -> None:
    """Make the newly migrated database of a run the template of its cluster."""
    kept = place()
    if kept is None or template(directory):
        return
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    connection.close()  # nobody may be in a database that is copied
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE {name}")
    (Cluster(directory, durable=False).home() / TEMPLATE).write_text(str(kept), encoding="utf-8")


def keep(directory: Path) -> None:
    """Keep a run's stopped cluster, if it made a template and the migrations are what they were then."""
    kept = place()
    if kept is None or kept.exists() or not template(directory):
        return
    if (Cluster(directory, durable=False).home() / TEMPLATE).read_text(encoding="utf-8") != str(kept):
        return
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=kept.parent, prefix="making-"))
    subprocess.run(["cp", "-a", f"{Cluster(directory).home()}/.", str(making)], check=True)
    try:
        making.rename(kept)
    except OSError:  # another run was quicker
        shutil.rmtree(making)
    others = sorted((one for one in kept.parent.iterdir() if one != kept), key=lambda one: one.stat().st_mtime)
    for old in others[: -(MOST - 1)]:
        shutil.rmtree(old, ignore_errors=True)
