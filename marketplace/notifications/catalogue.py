"""What the market tells: every kind of event, its theme, weight, audience and channels, as data.

`code` is the number of the event in the market's list of notices: N1 application received or returned, N2 data asked
for, N3 appraisals, N4 decisions, N5 offers running out, N6 filings and registrations, N7 payouts, N8 instalments,
N9 changes to be registered, N10 annuities, N11 legal events, N12 loan-to-value, N13 releases, N14 default; D are the
events of deals. A theme is what a person can set; a kind of `LEGAL` or `SECURITY` weight cannot be switched off.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Sentence
from marketplace.notifications.models import Channel, Frequency


class Weight(StrEnum):
    USUAL = "usual"
    LEGAL = "legal"
    SECURITY = "security"


@dataclass(frozen=True)
class Theme:
    """What a person sets at once. `mail` is how often letters of it go out where nobody chose."""

    key: str
    label: Sentence
    note: Sentence
    mail: Frequency = Frequency.AT_ONCE

    def default(self, channel: str) -> Frequency:
        """At once in the market, `mail` by letter; a message to a telephone only for whoever asks."""
        if channel == Channel.IN_APP:
            return Frequency.AT_ONCE
        return self.mail if channel == Channel.MAIL else Frequency.OFF


@dataclass(frozen=True)
class Row:
    """Kinds of event (shell patterns) that are told alike."""

    kinds: tuple[str, ...]
    theme: str
    code: str
    audience: Sentence
    weight: Weight = Weight.USUAL

    @property
    def is_compulsory(self) -> bool:
        return self.weight is not Weight.USUAL


THEMES = (
    Theme("organisation", _("Organisation"), _("Verification, suspension, who may act for whom")),
    Theme("security", _("Security"), _("Accounts you are paid to")),
    Theme("listings", _("Listings and needs"), _("Review, publication, expiry, enquiries")),
    Theme("matches", _("Matches"), _("What fits your needs and portfolios"), Frequency.WEEKLY),
    Theme("talks", _("Talks and offers"), _("Messages, data rooms, offers, sealed offers")),
    Theme("mandates", _("Brokers"), _("Mandates and introductions")),
    Theme("signing", _("Signing and consents"), _("What is yours to sign or to consent to")),
    Theme("deals", _("Deals"), _("Steps of a deal, filings, disputes")),
    Theme("rights", _("Rights register"), _("Entries, statements, pledges, annuities")),
    Theme("payments", _("Payments"), _("What is due, what arrived, what was paid out")),
    Theme("appraisals", _("Appraisals"), _("Quotes, data requests, reports and their age")),
    Theme("loans", _("Pledge loans"), _("Applications, instalments, alarms, releases")),
    Theme("desk", _("Work of the desk"), _("What waits for the market's own people")),
)

KEEPERS = _("owners and IP staff of the organisation")
BOTH = _("the people of both sides")
OTHER = _("the people of the other side")
EVERYBODY = _("both sides, co-owners, brokers and the pledgee")
DESK = _("the market's desk")
SIGNERS = _("owners and signatories of whoever signs or consents")
TREASURERS = _("owners and finance staff of payer or payee")
CLIENT_AGENCY = _("the client and the agency")

L, S = Weight.LEGAL, Weight.SECURITY
ROWS = (
    Row(("organisation.submit",), "desk", "N1", DESK),
    Row(("organisation.verify", "organisation.return", "organisation.reinstate"), "organisation", "N1", KEEPERS),
    Row(("organisation.suspend",), "organisation", "N4", KEEPERS, L),
    Row(("delegation.grant", "delegation.end"), "organisation", "N11", BOTH, L),
    Row(("payout_account.*",), "security", "N7", TREASURERS, S),
    Row(("webhook_endpoint.*",), "security", "N11", _("owners of the organisation"), S),
    Row(("listing.submit", "need.submit"), "desk", "N1", DESK),
    Row(("listing.suspend",), "listings", "N4", KEEPERS, L),
    Row(("listing.enquiry",), "talks", "D", KEEPERS),
    Row(("listing.nda",), "talks", "D", _("those who accepted the earlier text")),
    Row(("listing.ask_consent",), "signing", "D", SIGNERS, L),
    Row(("listing.*", "need.*"), "listings", "N4", KEEPERS),
    Row(("match.*", "saved_search.*"), "matches", "D", KEEPERS),
    Row(("negotiation.lapse", "negotiation.give_up", "negotiation.overtaken"), "talks", "D", BOTH, L),
    Row(("negotiation.nda", "negotiation.grant"), "talks", "D", OTHER, L),
    Row(("negotiation.*",), "talks", "D", OTHER),
    Row(("offer.*",), "talks", "N5", OTHER, L),
    Row(("sealed.*",), "talks", "N5", _("holder, bidders and the desk"), L),
    Row(("mandate.introduce",), "mandates", "D", BOTH),
    Row(("mandate.*", "introduction.*"), "mandates", "D", BOTH, L),
    Row(("bypass.*",), "mandates", "D", _("the broker and the desk")),
    Row(("document.*",), "signing", "D", SIGNERS, L),
    Row(("consent.hand_in",), "desk", "D", DESK),
    Row(("consent.*",), "signing", "D", SIGNERS, L),
    Row(("deal.reviews_public", "deal.draw_up"), "deals", "D", BOTH),
    Row(("deal.*",), "deals", "D", EVERYBODY, L),
    Row(("royalty.*",), "deals", "D", BOTH, L),
    Row(("filing.prove",), "desk", "N6", DESK),
    Row(("filing.*",), "deals", "N6", _("whoever has to file; then everybody in the deal"), L),
    Row(("dispute.propose",), "desk", "D", DESK),
    Row(("dispute.*",), "deals", "D", BOTH, L),
    Row(("statement.begin",), "desk", "N1", DESK),
    Row(("statement.quarantine",), "desk", "N7", DESK),
    Row(("statement.*",), "rights", "N4", KEEPERS, L),
    Row(("rights.*", "pledge_release.*"), "rights", "N11", _("holders, pledgees and other parties of the entry"), L),
    Row(("annuity.*", "patent.*"), "rights", "N10", KEEPERS),
    Row(("books.*", "inbound_event.*", "refused_delivery.*", "payin.contradict"), "desk", "N7", DESK),
    Row(("payout.unknown", "refund.fail", "refund.stall"), "desk", "N7", DESK),
    Row(("obligation.fall_due", "obligation.reopen", "payin.dispute"), "payments", "N8", TREASURERS, L),
    Row(("obligation.*",), "payments", "N8", TREASURERS),
    Row(("payout.*", "refund.*", "invoice.*"), "payments", "N7", TREASURERS),
    Row(("quote.flag",), "desk", "N3", DESK),
    Row(("data_request.*",), "appraisals", "N2", CLIENT_AGENCY),
    Row(("report.issue", "report.withdraw", "report.supersede", "report.expire"), "appraisals", "N3", KEEPERS, L),
    Row(("quote.*", "appraisal.*", "report.*", "objection.*"), "appraisals", "N3", CLIENT_AGENCY),
    Row(
        tuple(f"loan_application.{verb}" for verb in ("submit", "take", "return", "assign", "amend")),
        "loans",
        "N1",
        _("borrower and bank"),
    ),
    Row(("loan_application.offer*", "loan_application.expire"), "loans", "N5", _("borrower and bank"), L),
    Row(("loan_application.disburse",), "loans", "N7", _("borrower and bank"), L),
    Row(("loan_application.*",), "loans", "N4", _("borrower and bank"), L),
    Row(("loan_proposal.*",), "loans", "N4", _("the bank's own people")),
    Row(("pledge_filing.*",), "loans", "N6", _("borrower and bank"), L),
    Row(("loan.pay",), "loans", "N8", _("borrower and bank")),
    Row(("instalment.*", "loan.fall_overdue", "loan.catch_up"), "loans", "N8", _("borrower and bank"), L),
    Row(("loan.restructure",), "loans", "N9", _("borrower and bank"), L),
    Row(("loan.alarm", "alarm.*"), "loans", "N11", _("the bank's own people")),
    Row(("shortfall.*",), "loans", "N12", _("borrower and bank"), L),
    Row(("loan.settle", "loan.release"), "loans", "N13", _("borrower and bank"), L),
    Row(("loan.*", "loan_*", "pledge.*", "pledge_*", "disposal.*"), "loans", "N14", _("borrower and bank"), L),
)
ELSE = Row(("*",), "organisation", "N11", KEEPERS)
"""What a kind without a row is told like; a test keeps the rows complete."""

_by_key = {theme.key: theme for theme in THEMES}


def theme(key: str) -> Theme:
    """The theme of this key; raises KeyError."""
    return _by_key[key]


@cache
def row_of(kind: str) -> Row:
    """The first row whose patterns fit the kind of event."""
    return next((row for row in ROWS if any(fnmatch.fnmatchcase(kind, one) for one in row.kinds)), ELSE)
