"""The first organisation of a new market: its operator, owned by somebody who has signed up."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.accounts.models import Organisation, User
from marketplace.accounts.roles import Kind
from marketplace.accounts.services.organisations import create_organisation
from marketplace.core.actor import SYSTEM


class Command(BaseCommand):
    help = "Enter the market's operator, with the person of EMAIL as its owner. Refused once there is an operator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name-zh", default="")
        parser.add_argument("--name-en", default="")

    def handle(self, *args: Any, email: str, name_zh: str, name_en: str, **options: Any) -> None:
        if Organisation.objects.filter(kind=Kind.OPERATOR).exists():
            raise CommandError("This market has an operator; its owner invites further people.")
        owner = User.objects.filter(email__iexact=email).first()
        if owner is None:
            raise CommandError(f"Nobody has signed up as {email} yet.")
        if not (name_zh or name_en):
            raise CommandError("Name the operator with --name-zh or --name-en.")
        made = create_organisation(
            by=SYSTEM, facts={"kind": Kind.OPERATOR, "name_zh": name_zh, "name_en": name_en}, owner_id=owner.pk
        )
        self.stdout.write(f"{made.pk}")
