"""Rows of the rights register."""

from listings.rights.models.entries import Entry, EntryQuerySet
from listings.rights.models.recordations import Conveyance, Recordation, RecordedProperty
from listings.rights.models.reservations import Consent, Reservation
from listings.rights.models.statements import PledgeRelease, Statement

__all__ = [
    "Consent",
    "Conveyance",
    "Entry",
    "EntryQuerySet",
    "PledgeRelease",
    "Recordation",
    "RecordedProperty",
    "Reservation",
    "Statement",
]
