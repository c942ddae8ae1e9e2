"""What is refused in talks about a listing: messages, confidentiality, data room, offers, sealed offers."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class TalksClosed(DomainError):
    code = "talks_closed"
    sentence = _("These talks are closed.")
    remedy = _("Ask about another listing, or take quiet talks up again by writing a message.")


class NdaMissing(DomainError):
    code = "nda_missing"
    status = 403
    sentence = _("The data room opens after the current confidentiality text is accepted.")
    remedy = _("Read the text and have an owner or signatory accept it.")


class NdaChanged(DomainError):
    code = "nda_changed"
    sentence = _("The confidentiality text has changed since you opened the page.")
    remedy = _("Read the current version and accept that one.")


class NdaAccepted(DomainError):
    code = "nda_already_accepted"
    sentence = _("Your organisation has accepted this version already.")
    remedy = _("The acceptance is recorded; there is nothing more to do.")


class FileCannotBeMarked(DomainError):
    """A PDF or picture that cannot carry the reader's name must not leave the data room."""

    code = "file_cannot_be_marked"
    status = 422
    sentence = _("“%(name)s” cannot be marked with the reader’s name: it is protected, damaged or too large.")
    remedy = _("Save it anew without a password, with at most 300 pages or 40 million picture points.")


class GrantUnfit(DomainError):
    code = "grant_unfit"
    status = 422
    sentence = _("A file is given for at least a minute and at most one year.")
    remedy = _("Choose another last day.")


class OfferUnfit(DomainError):
    """Terms that cannot be offered; `problems` lists every (field, sentence)."""

    code = "offer_unfit"
    status = 422
    sentence = _("The offer cannot be made as it is: %(problem)s")
    remedy = _("Correct what is named and send it again.")

    def __init__(self, problems: Sequence[tuple[str, object]]) -> None:
        self.problems = list(problems)
        super().__init__(field=problems[0][0], problem=problems[0][1])


class OfferStale(DomainError):
    """Invariants 10 and 11: decisions name the version they were made on."""

    code = "offer_stale"
    sentence = _("Version %(seen)s is no longer the one that stands.")
    remedy = _("Read the version that stands now and decide on that one.")


class NoStandingOffer(DomainError):
    code = "no_standing_offer"
    sentence = _("No offer stands in these talks now.")
    remedy = _("Make an offer, or wait for one from the other side.")


class OfferExpired(DomainError):
    """Invariant 13: by the database's clock."""

    code = "offer_expired"
    sentence = _("The offer stood until %(until)s and has expired.")
    remedy = _("Ask the other side to make it again, or make a new offer.")


class OfferStillStands(DomainError):
    code = "offer_still_stands"
    sentence = _("The offer has not reached the end of its validity by the database’s clock.")
    remedy = _("It expires by itself.")


class ListingNotOpen(DomainError):
    code = "listing_not_open"
    sentence = _("The listing takes no offers now.")
    remedy = _("Wait until it is on the market again, or ask the holder.")


class ListingChanged(DomainError):
    """A bundle passes whole: the offer names every right the listing had, and it has others now."""

    code = "listing_changed"
    sentence = _("The listing holds other rights now than the offer names.")
    remedy = _("Make a new offer on the listing as it is today.")


class ModeNotOffered(DomainError):
    code = "mode_not_offered"
    status = 422
    sentence = _("The listing does not offer “%(mode)s”.")
    remedy = _("Choose what the listing offers.")


class SealedListing(DomainError):
    code = "sealed_listing"
    sentence = _("This listing takes sealed offers; open offers follow after the opening.")
    remedy = _("Hand in a sealed offer before the deadline.")


class RoundStillOpen(DomainError):
    code = "round_still_open"
    sentence = _("The round takes offers until its deadline and cannot be closed or opened before.")
    remedy = _("Come back after the deadline.")


class RoundNotOpen(DomainError):
    code = "round_not_open"
    sentence = _("No round of sealed offers is under way for this listing.")
    remedy = _("Wait until the holder begins one.")


class RoundUnfit(DomainError):
    code = "round_unfit"
    status = 422
    sentence = _(
        "A round needs a sealed-offer listing on the market, a deadline at most 180 days ahead, and no other round."
    )
    remedy = _("Set the deadline in the listing, and end the round that runs.")


class PassphraseUnfit(DomainError):
    code = "passphrase_unfit"
    status = 422
    sentence = _("An opening passphrase has at least 16 characters.")
    remedy = _("Choose a longer one, write it down and keep it away from this computer.")


class PassphraseWrong(DomainError):
    code = "passphrase_wrong"
    status = 422
    sentence = _("This is not the passphrase the round was begun with.")
    remedy = _("Type it again. Nobody can recover it; without it the round becomes void and deposits go back.")


class LateOffer(DomainError):
    """Invariants 18 and 19: by the database's clock, to the microsecond."""

    code = "late_offer"
    sentence = _("The deadline was %(closes)s; the offer came later and was not taken.")
    remedy = _("Ask the holder whether there will be another round.")


class SamePersonOpens(DomainError):
    code = "same_person_opens"
    status = 403
    sentence = _("Two different persons open a round: one for the holder, another for the market.")
    remedy = _("Have the other side’s person approve the opening.")
