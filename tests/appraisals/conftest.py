"""The demo's seal is made in each test's own directory."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path / "run"
    settings.SIGNING_KEY = settings.SIGNING_CERT = settings.SIGNING_KEY_PASSWORD = ""
