"""The second factor of a demo person, for trying the market out."""

import time
from typing import Any

from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.accounts.models import User


class Command(BaseCommand):
    help = "Print the current authenticator code of a demo person. Refused in production and for real people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("There are no demo codes in production.")
        person = User.objects.filter(email__iexact=email, is_sample=True).first()
        if person is None:
            raise CommandError(f"{email} is not a person of the demo.")
        authenticator = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
        if authenticator is None:
            raise CommandError(f"{email} has no authenticator app; a password is enough.")
        secret = decrypt(authenticator.data["secret"])
        self.stdout.write(format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_PERIOD)))
