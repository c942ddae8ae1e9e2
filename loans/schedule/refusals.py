"""Why terms cannot be turned into a schedule: a stable code, the field, a sentence in both languages."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import BadInput


class NotReadable(BadInput):
    code = "not_readable"
    sentence = _("The line is not a JSON object.")
    remedy = _("Send one object with “convention” and “input” on each line.")


class Unknown(BadInput):
    code = "unknown_value"
    sentence = _("Only these values are known here: %(known)s.")


class NotWhole(BadInput):
    code = "not_whole"
    sentence = _("This is not a whole number.")


class TooFine(BadInput):
    code = "too_fine"
    sentence = _("This has parts smaller than the smallest unit of money.")


class NotADate(BadInput):
    code = "not_a_date"
    sentence = _("This is not a date between 1900 and 2300, written YYYY-MM-DD.")


class OutOfOrder(BadInput):
    code = "out_of_order"
    sentence = _("This does not follow the date before it, or lies past the end of the loan.")


class Contradiction(BadInput):
    code = "contradiction"
    sentence = _("This contradicts %(other)s.")


class NothingToRepayIn(BadInput):
    code = "no_row_left"
    sentence = _("The grace on principal leaves no row in which to repay.")


class InstalmentTooSmall(BadInput):
    code = "instalment_too_small"
    sentence = _("The instalment does not cover the interest of row %(row)s, so the debt would never be repaid.")
    remedy = _("Raise the instalment above the interest of that row.")


class TooManyRows(BadInput):
    code = "too_many_rows"
    sentence = _("The schedule would have more than %(most)s rows.")
