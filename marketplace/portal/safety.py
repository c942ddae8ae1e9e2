"""System checks that stop an unsafe production start. `manage.py` and the servers run them before anything else."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from marketplace import environment as env


@register("production")
def production_is_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse production with a default key, DEBUG, no TLS redirect, no host names or embedded servers."""
    if not settings.PRODUCTION:
        return []
    from marketplace.signing.sealing import key_problem  # needs the models, which are not there at import

    problems = []
    if settings.SECRET_KEY == settings.DEFAULT_SECRET_KEY or len(settings.SECRET_KEY) < 50:
        problems.append(("SECRET_KEY is the default or shorter than 50 characters.", "Set SECRET_KEY.", "market.E001"))
    if settings.DEBUG:
        problems.append(("DEBUG is on in production.", "Unset DEBUG.", "market.E002"))
    if not settings.SECURE_SSL_REDIRECT:
        problems.append(("Requests are not redirected to TLS.", "Unset SECURE_SSL_REDIRECT=0.", "market.E003"))
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        problems.append(("ALLOWED_HOSTS is empty or open to all.", "Name the hosts in ALLOWED_HOSTS.", "market.E004"))
    if not settings.SITE_URL.startswith("https://"):
        problems.append(("SITE_URL is not an https address.", "Set SITE_URL=https://…", "market.E005"))
    if settings.IS_DEMO:
        problems.append(("DEMO is on in production.", "Unset DEMO.", "market.E006"))
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not env.text(name, "")]
    if missing:
        names = " and ".join(missing)
        problems.append(
            (f"{names} not set: the embedded servers are for demonstration.", f"Set {names}.", "market.E007")
        )
    if fault := key_problem():
        problems.append((fault, "Name the PEM files of the market's key and its certificate.", "market.E008"))
    return [Error(message, hint=hint, id=code) for message, hint, code in problems]
