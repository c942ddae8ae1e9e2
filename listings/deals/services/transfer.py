"""What a recorded deal changes in the register of rights here."""

from __future__ import annotations

from datetime import date

from listings.deals import permission
from listings.deals.models import Deal
from listings.rights.services.entries import record_assignment, record_licence, release_pledge
from listings.rights.states import LicenceType, Source
from marketplace.core.actor import Actor
