"""Why terms cannot be turned into a schedule: a stable code, the field, a sentence in both languages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class ScheduleRefused(DomainError):
    """The terms as given have no schedule; `field` is the path to what is wrong, as `input.disbursements[1].date`."""

    code = "schedule_refused"
    status = 422
    sentence = _("These terms have no schedule.")

    def __init__(self, *, field: str = "", **params: Any) -> None:
        super().__init__(field=field, path=field, **params)


class NotReadable(ScheduleRefused):
    code = "not_readable"
    sentence = _("The line is not a JSON object.")
    remedy = _("Send one object with “convention” and “input” on each line.")


class Missing(ScheduleRefused):
    code = "missing"
    sentence = _("%(path)s is missing.")


class Unknown(ScheduleRefused):
    code = "unknown_value"
    sentence = _("%(path)s knows these values only: %(known)s.")


class NotANumber(ScheduleRefused):
    code = "not_a_number"
    sentence = _("%(path)s is not a number.")
    remedy = _("Write amounts and rates as decimal text, for example “12000.00”.")


class NotWhole(ScheduleRefused):
    code = "not_whole"
    sentence = _("%(path)s is not a whole number.")


class OutOfRange(ScheduleRefused):
    code = "out_of_range"
    sentence = _("%(path)s lies outside %(least)s to %(most)s.")


class TooFine(ScheduleRefused):
    code = "too_fine"
    sentence = _("%(path)s has parts smaller than the smallest unit of money.")


class NotADate(ScheduleRefused):
    code = "not_a_date"
    sentence = _("%(path)s is not a date between 1900 and 2300, written YYYY-MM-DD.")


class OutOfOrder(ScheduleRefused):
    code = "out_of_order"
    sentence = _("%(path)s does not follow the date before it, or lies past the end of the loan.")


class Contradiction(ScheduleRefused):
    code = "contradiction"
    sentence = _("%(path)s contradicts %(other)s.")


class NothingToRepayIn(ScheduleRefused):
    code = "no_row_left"
    sentence = _("The grace on principal leaves no row in which to repay.")


class InstalmentTooSmall(ScheduleRefused):
    code = "instalment_too_small"
    sentence = _("The instalment does not cover the interest of row %(row)s, so the debt would never be repaid.")
    remedy = _("Raise the instalment above the interest of that row.")


class TooManyRows(ScheduleRefused):
    code = "too_many_rows"
    sentence = _("The schedule would have more than %(most)s rows.")
