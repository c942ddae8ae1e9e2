"""What every record gets after its reader filled it: facts that follow from others by rule, and bounds on text."""

from __future__ import annotations

from ..numbers import is_grant_code, right_of
from ..record import PatentIn
from .limits import Limits


def finish(record: PatentIn, limits: Limits) -> PatentIn:
    """Fill the kind from the kind code, the grant from a grant document, the first claim and the list of publications.

    In CN, US and EP the grant takes effect the day its document is published (Patent Law of China article 39; 35 USC
    153; EPC article 97(3)), so the publication date of such a document is the grant date. Elsewhere it is only a
    publication.
    """
    office, code = record.office, record.kind_code
    if not record.kind and code:
        record.kind = right_of(office, code)
    if code and record.publication_number:
        year = record.published_on.year if record.published_on else 0
        is_grant = is_grant_code(office, code, year) if code != "A" or office != "US" or year else False
        if is_grant:
            if not record.grant_number:
                record.grant_number = record.application_number if office == "CN" else record.publication_number
            if record.granted_on is None and office in ("CN", "US", "EP"):
                record.granted_on = record.published_on
    if record.claims and not record.first_claim:
        record.first_claim = record.claims[0]
    if record.publication_number:
        own = (office, record.publication_number, code, record.published_on)
        if own not in record.publications:
            record.publications.insert(0, own)
    if len(record.description) > limits.text_chars:
        record.description = record.description[: limits.text_chars]
    return record
