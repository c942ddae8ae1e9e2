"""What the catalogue refuses, each with its sentence and cure."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class AlreadySubmitted(DomainError):
    """Content is written in drafts only."""

    code = "not_a_draft"
    sentence = _("This is not a draft now, so its content is fixed.")
    remedy = _("Take it back from review, or take it offline, and then change it.")


class Stale(DomainError):
    """Somebody else saved in between."""

    code = "changed_meanwhile"
    sentence = _(
        "Somebody saved another version of this while you were writing. Nothing of yours was lost, and nothing saved."
    )
    remedy = _("Open the page again in a second window, compare, and save anew.")


class UnknownRight(DomainError):
    """A right that is not in the organisation's register."""

    code = "right_not_held"
    status = 422
    sentence = _("One of the rights chosen is not in your organisation’s register.")
    remedy = _("Import it first, or choose among those shown.")


class TooManyRights(DomainError):
    code = "too_many_rights"
    status = 422
    sentence = _("A listing bundles at most %(most)s rights.")
    remedy = _("Split the bundle into several listings.")


class NotYours(DomainError):
    """Nobody reviews their own organisation's matter."""

    code = "own_matter"
    status = 403
    sentence = _("Your organisation handed this in; somebody from elsewhere has to decide on it.")
    remedy = _("Ask the operator for another reviewer.")


class OwnListing(DomainError):
    code = "own_listing"
    sentence = _("This listing is your own organisation’s; there is nobody to ask.")
    remedy = _("Questions from others reach you at your enquiries.")


class AlreadyAsked(DomainError):
    code = "already_asked"
    sentence = _("Your organisation has asked about this listing already.")
    remedy = _("See the earlier question among the enquiries you sent.")


class TooManySaved(DomainError):
    code = "too_many_saved_searches"
    sentence = _("You keep %(most)s saved searches already.")
    remedy = _("Delete one you no longer need.")


class NameTaken(DomainError):
    code = "name_taken"
    status = 422
    sentence = _("You have a saved search of this name already.")
    remedy = _("Choose another name, or rename the other one.")


class TooManyDocuments(DomainError):
    code = "too_many_documents"
    sentence = _("A listing carries at most %(most)s papers.")
    remedy = _("Withdraw one that is no longer needed.")
