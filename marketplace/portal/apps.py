from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class PortalConfig(AppConfig):
    name = "marketplace.portal"
    label = "portal"

    def ready(self) -> None:
        """Refuse an unsafe production start in every process: web servers and workers run no system checks.

        Then take in what the floors below contribute to shared pages.
        """
        from marketplace.portal import contributions
        from marketplace.portal.safety import production_is_safe

        if settings.PRODUCTION and (problems := production_is_safe(None)):
            raise ImproperlyConfigured(" ".join(f"{problem.msg} {problem.hint}" for problem in problems))
        contributions.contribute()
