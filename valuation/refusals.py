"""Why an input cannot be valued: one class per reason, each naming the field (`comparables[1].revenue`)."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class BadInput(DomainError):
    """Something in the question itself; nothing was computed."""

    code = "bad_input"
    status = 422
    remedy = _("Correct the field named and send it again.")


class NotJson(BadInput):
    code = "not_json"
    status = 400
    sentence = _("This line is not JSON in UTF-8.")
    remedy = _("Send one JSON object a line.")


class NotAnObject(BadInput):
    code = "not_an_object"
    sentence = _("An object with “method” and “input” is expected here.")


class UnknownMethod(BadInput):
    code = "unknown_method"
    sentence = _("There is no method called “%(name)s”.")


class Missing(BadInput):
    code = "missing"
    sentence = _("This field is needed.")


class WrongType(BadInput):
    code = "wrong_type"
    sentence = _("A different kind of value is expected here: %(expected)s.")


class NotANumber(BadInput):
    code = "not_a_number"
    sentence = _("This is not a number. Write 0.05, not 5% or 1,000.")


class NotFinite(BadInput):
    code = "not_finite"
    sentence = _("A finite number is needed.")


class TooPrecise(BadInput):
    code = "too_precise"
    sentence = _("At most %(digits)s digits can be taken.")


class AmountTooLarge(BadInput):
    code = "amount_too_large"
    sentence = _("Amounts above %(most)s are not valued: they could not be kept to the cent.")


class OutOfRange(BadInput):
    code = "out_of_range"
    sentence = _("This must lie in %(range)s.")


class Empty(BadInput):
    code = "empty"
    sentence = _("At least one entry is needed.")


class TooMany(BadInput):
    code = "too_many"
    sentence = _("At most %(most)s entries can be taken.")


class LengthsDiffer(BadInput):
    code = "lengths_differ"
    sentence = _("This needs as many entries as “%(other)s”: %(count)s.")


class BadDate(BadInput):
    code = "bad_date"
    sentence = _("A date written as 2026-01-31 is needed.")


class ExpiryBeforeBaseDate(BadInput):
    code = "expiry_before_base_date"
    sentence = _("The right ends on or before the base date: nothing is left to value.")


class LegalEndStands(BadInput):
    code = "legal_end"
    sentence = _(
        "A royalty is capitalised for ever only where the right never ends, and a patent ends. Give “legal_end” as "
        "null only for a right without a legal end."
    )
    remedy = _("Value a right that ends by relief from royalty over the years it has left.")


class NoSuchNumber(BadInput):
    code = "no_such_number"
    sentence = _("The method reads no number called “%(name)s” in this input.")


class UnknownChoice(BadInput):
    code = "unknown_choice"
    sentence = _("One of these is expected: %(choices)s.")


class DistributionOutOfOrder(BadInput):
    code = "distribution_out_of_order"
    sentence = _("low ≤ mode ≤ high must hold.")


class DistributionNotHere(BadInput):
    code = "distribution_not_here"
    sentence = _("A distribution can stand only in a simulation (method “monte_carlo”).")


class BadCorrelation(BadInput):
    code = "bad_correlation"
    sentence = _(
        "A correlation matrix is square and symmetric, with 1 on its diagonal and a row for each random number."
    )


class SingularCorrelation(BadInput):
    code = "singular_correlation"
    sentence = _(
        "These correlations contradict one another or make two numbers one: the matrix is not positive definite "
        "(smallest eigenvalue %(eigenvalue)s)."
    )
    remedy = _("Weaken the correlations, or give two numbers that always move together as one.")


class DrawsLeaveTheFormula(BadInput):
    code = "draws_leave_the_formula"
    sentence = _("Some draws reach a discount rate of −100 % or less, where no present value exists.")
    remedy = _("Choose a distribution with bounds, such as PERT.")


class CannotCompute(BadInput):
    code = "cannot_compute"
    sentence = _("These numbers lead outside what can be computed.")
