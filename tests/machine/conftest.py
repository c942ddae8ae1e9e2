"""The machine runs beside the practice provider, and keeps what it writes to itself."""

import pytest

from tests.payments.conftest import practice  # noqa: F401


@pytest.fixture
def settings_of_machine(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.txt")
