"""What the register of rights says to a deal: whether it may be done, whose consent it needs, who owns which share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils import translation

from listings.catalogue.states import Mode
from listings.deals import clearing
from listings.deals.collateral import under_disposal
from listings.deals.refusals import PledgeeAbroad
from listings.rights.checking import GivenConsent, Verdict, check
from listings.rights.facts import Right
from listings.rights.models import Entry
from listings.rights.refusals import RightsRefused
from listings.rights.rules.ownership import NOT_OWNER, NOT_UNDER_DISPOSAL
from listings.rights.scope import Scope
from listings.rights.states import ConsentKind, EntryKind
from marketplace.core.ruling import enforces
from marketplace.signing.registry import consent_label
from marketplace.signing.services.consents import Wanted
from marketplace.signing.states import ConsentState

if TYPE_CHECKING:
    from listings.deals.models import Deal


def scope_of(deal: Deal) -> Scope:
    """Where, for what and until when the deal gives the buyer something; the whole for an assignment."""
    return clearing.scope_of(deal.offer.terms)


def asset_ids_of(deal: Deal) -> list[int]:
    return list(deal.dealt.values_list("asset_id", flat=True))


@enforces("PLG-REALISE")
def ask_register(assets: Sequence[int], mode: str, *, seller_id: int, **more: Any) -> Verdict:
    """What the register says to a deal of this mode; `more` as `listings.rights.checking.check` takes it.

    Collateral is sold by the bank it is pledged to, in its owners' place: nobody is asked whether the seller owns it,
    every right must be pledged to the seller, and be under disposal after a default.
    """
    if mode != Mode.DISPOSAL:
        return check(assets, clearing.act_of(mode), holder_id=seller_id, **more)
    found = check(assets, clearing.act_of(mode), holder_id=None, **more)
    strange = [one for one in found.rights if one.pledge is None or one.pledge.party_id != seller_id]
    due = under_disposal(seller_id, [one.id for one in found.rights])
    early = [one for one in found.rights if one not in strange and one.id not in due]
    against = [
        *(NOT_OWNER.found(one) for one in strange),
        *(NOT_UNDER_DISPOSAL.found(one) for one in early),
    ]
    return Verdict([*found.findings, *against], found.rights)


def verdict(deal: Deal, *, lock: bool = False) -> Verdict:
    """What stands against the deal today, consents to the current contract counted, its own reservation aside."""
    return ask_register(
        asset_ids_of(deal),
        deal.mode,
        seller_id=deal.seller_id,
        other_id=deal.buyer_id,
        other_country=deal.buyer.country,
        scope=scope_of(deal),
        consents=given_consents(deal),
        subject=deal.subject,
        lock=lock,
    )


def demand_but_for_consents(found: Verdict) -> None:
    """Raises RightsRefused for what no consent would lift."""
    hard = [one for one in found.blocks if one.consent is None]
    if hard:
        raise RightsRefused(hard)


def given_consents(deal: Deal) -> list[GivenConsent]:
    """The consents given to the current version of the contract, and those that a sale of collateral has built in."""
    if deal.contract is None:
        return built_in(deal)
    return built_in(deal) + [
        GivenConsent(ConsentKind(one.kind), one.organisation_id, one.name)
        for one in deal.contract.consents.given()
        if one.kind in ConsentKind.values
    ]


def built_in(deal: Deal) -> list[GivenConsent]:
    """Of collateral that is sold the pledgee is the seller itself, and the owners agreed when they pledged it."""
    if deal.mode != Mode.DISPOSAL:
        return []
    owners = deal.shares.values_list("organisation_id", flat=True)
    return [
        GivenConsent(ConsentKind.PLEDGEE, deal.seller_id),
        *(GivenConsent(ConsentKind.CO_OWNER, one) for one in owners),
    ]


def consents_wanted(deal: Deal) -> list[Wanted]:
    """Whose consent the law asks for today, one question per party and kind; conditions count as much as blocks.

    Of a party that is not on this market, and of an authority, the seller brings the paper. Raises RightsRefused when
    the register has come to forbid the deal, PledgeeAbroad for a pledgee that could not be paid here.
    """
    found = verdict(deal)
    demand_but_for_consents(found)
    wanted: dict[tuple[str, int | str], Wanted] = {}
    for finding in found.consents_needed():
        assert finding.consent is not None
        kind, said = str(finding.consent), {}
        for language in ("zh-hans", "en"):
            with translation.override(language):
                said[language] = f"{finding.text} {finding.article}"
        for party in finding.consent_from:
            wanted[kind, party] = Wanted(kind, party, why_zh=said["zh-hans"], why_en=said["en"])
        elsewhere = finding.consent_names or (() if finding.consent_from else ("",))
        if elsewhere and finding.consent == ConsentKind.PLEDGEE:
            raise PledgeeAbroad(name="、".join(elsewhere))
        for name in elsewhere:
            wanted[kind, name] = Wanted(
                kind, why_zh=said["zh-hans"], why_en=said["en"], brought_by_id=deal.seller_id, name=name
            )
    return list(wanted.values())


def consents_missing(deal: Deal) -> list[str]:
    """Names of those whose consent to the current contract was asked for and is not given."""
    if deal.contract is None:
        return []
    asked = deal.contract.consents.standing().select_related("organisation", "person")
    return [one.party_name or consent_label(one.kind) for one in asked if one.state != ConsentState.GIVEN]


def shares_of(rights: Sequence[Right], holder_id: int) -> dict[int, Fraction]:
    """Organisation → share of the proceeds of a bundle, in which each right counts the same. They sum to one.

    Owners whose shares nobody stated own equal parts. The part of an owner who is not on this market goes to the
    holder, who answers to it: the deal's page says so.
    """
    shares: dict[int, Fraction] = {}
    for right in rights:
        stated = {at: owner.share for at, owner in enumerate(right.owners) if owner.share is not None}
        silent = len(right.owners) - len(stated)
        rest = 1 - sum(stated.values(), Fraction(0))
        for at, owner in enumerate(right.owners):
            payee = owner.organisation_id or holder_id
            part = stated.get(at, rest / silent if silent else Fraction(0))
            shares[payee] = shares.get(payee, Fraction(0)) + part / len(rights)
    left = 1 - sum(shares.values(), Fraction(0))
    if left:
        shares[holder_id] = shares.get(holder_id, Fraction(0)) + left
    return {payee: share for payee, share in shares.items() if share}


def is_pledged(deal: Deal) -> bool:
    """Claims that the pledge the deal met with still stands; the pledgee may have let go of it meanwhile."""
    pledges = Entry.objects.live().verified().filter(kind=EntryKind.PLEDGE, party=deal.pledgee_id)
    return pledges.filter(asset__in=asset_ids_of(deal)).exists()


def pledgee_of(rights: Sequence[Right]) -> int | None:
    """The organisation holding the registered pledge on any of these rights; None when none is on this market."""
    return next((one.pledge.party_id for one in rights if one.pledge is not None), None)
