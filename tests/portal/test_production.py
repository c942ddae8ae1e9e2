"""Production starts only when it is safe, in every kind of process."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from marketplace.portal.safety import production_is_safe
from marketplace.signing.sealing import _demo_pair

ROOT = Path(__file__).resolve().parents[2]
PAIR = Path(tempfile.gettempdir()) / f"market-test-seal-{os.getpid()}.pem"
GOOD = {
    "PRODUCTION": "1",
    "SECRET_KEY": "k" * 30 + "0123456789" * 3,
    "ALLOWED_HOSTS": "market.example",
    "SITE_URL": "https://market.example",
    "SIGNING_KEY": str(PAIR),
    "SIGNING_CERT": str(PAIR),
}


@pytest.fixture(autouse=True)
def a_pair():
    """A key with its certificate, as an operator would have one."""
    _demo_pair(PAIR)
    yield
    PAIR.unlink(missing_ok=True)


def start(code: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process of its own with the good settings and these changes."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "DATABASE_URL", "REDIS_URL", "RUN_DIR")
        if name in os.environ
    }
    given = {**kept, **GOOD, "DJANGO_SETTINGS_MODULE": "marketplace.settings", **changed}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_web_server_starts_when_all_is_well() -> None:
    done = start(
        "import marketplace.wsgi\n"
        "from django.conf import settings as s\n"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT)\n"
        "print(s.SECURE_HSTS_SECONDS > 0, s.IS_DEMO)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "True", "True", "True", "False"]


def test_the_web_server_refuses_naming_every_reason() -> None:
    done = start(
        "import marketplace.wsgi",
        SECRET_KEY="short",
        DEBUG="1",
        SECURE_SSL_REDIRECT="0",
        ALLOWED_HOSTS="*",
        SITE_URL="http://market.example",
        DEMO="1",
    )
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    for words in ("SECRET_KEY", "DEBUG is on", "not redirected to TLS", "ALLOWED_HOSTS", "not an https", "DEMO is on"):
        assert words in done.stderr


def test_the_worker_refuses_too() -> None:
    done = start("from marketplace.celery import app; app.loader.import_default_modules(); app.finalize()", DEBUG="1")
    assert done.returncode != 0
    assert "DEBUG is on" in done.stderr


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"SECRET_KEY": "demo-only-key-refused-in-production-0123456789abcdefghijklmnop"}, "market.E001"),
        ({"SECRET_KEY": "k" * 49}, "market.E001"),
        ({"DEBUG": True}, "market.E002"),
        ({"SECURE_SSL_REDIRECT": False}, "market.E003"),
        ({"ALLOWED_HOSTS": []}, "market.E004"),
        ({"ALLOWED_HOSTS": ["a.example", "*"]}, "market.E004"),
        ({"SITE_URL": "http://market.example"}, "market.E005"),
        ({"IS_DEMO": True}, "market.E006"),
        ({"SIGNING_KEY": ""}, "market.E008"),
        ({"SIGNING_CERT": str(ROOT / "README.md")}, "market.E008"),
        ({"SIGNING_KEY": "/nonexistent.pem"}, "market.E008"),
    ],
)
def test_each_fault_alone_is_enough(settings, changed: dict, code: str) -> None:
    safe = {
        "PRODUCTION": True,
        "SECRET_KEY": "k" * 50,
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "ALLOWED_HOSTS": ["market.example"],
        "SITE_URL": "https://market.example",
        "IS_DEMO": False,
        "SIGNING_KEY": str(PAIR),
        "SIGNING_CERT": str(PAIR),
    }
    for name, value in safe.items():
        setattr(settings, name, value)
    assert production_is_safe(None) == []
    for name, value in changed.items():
        setattr(settings, name, value)
    assert [problem.id for problem in production_is_safe(None)] == [code]


def test_embedded_servers_are_not_for_production(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODUCTION = True
    monkeypatch.delenv("REDIS_URL", raising=False)
    found = {problem.id: problem.msg for problem in production_is_safe(None)}
    assert "REDIS_URL" in found["market.E007"]


def test_a_demo_needs_none_of_it(settings) -> None:
    settings.PRODUCTION = False
    settings.DEBUG = True
    assert production_is_safe(None) == []
