"""A bank's work on an application: declarations, checks, report, score, proposal, votes.

Four eyes hold in the database: a proposal's checker is never its maker (CHECK), nor another account of the same person
(trigger: the same telephone number, or the same mailbox under another spelling). No setting turns either off.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.models.application import Application
from loans.states.credit import Action, CheckState, ProposalState, Reason
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet
from marketplace.core.money import Money

#: Whether two rows of accounts_user, m and c, are accounts of one person. loans/persons.py says the same in Python.
SAME_PERSON = r"""
    m.id = c.id
    OR (length(regexp_replace(m.phone, '\D', '', 'g')) >= 7
        AND right(regexp_replace(m.phone, '\D', '', 'g'), 11) = right(regexp_replace(c.phone, '\D', '', 'g'), 11))
    OR lower(regexp_replace(m.email, '\+[^@]*@', '@')) = lower(regexp_replace(c.email, '\+[^@]*@', '@'))
"""


class Declaration(models.Model):
    """A bank officer's word on their own interest in an application, given before any work on it."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="declarations")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    has_conflict = models.BooleanField(_("has an interest"))
    note = models.TextField(_("which"), max_length=1000, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "officer"], name="one_declaration_per_officer"),
            models.CheckConstraint(condition=Q(has_conflict=False) | ~Q(note=""), name="a_conflict_is_described"),
        ]
        triggers = [pgtrigger.Protect(name="declarations_are_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.officer_id} on {self.application_id}"


class Check(models.Model):
    """One line of the due-diligence checklist; `key` names it in loans/diligence.py."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="checks")
    key = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=CheckState.choices, default=CheckState.OPEN)
    note = models.TextField(_("finding"), max_length=2000, blank=True)
    checked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "key"], name="one_line_per_check"),
            models.CheckConstraint(condition=Q(state__in=CheckState.values), name="check_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=CheckState.OPEN) | Q(checked_by__isnull=False, checked_at__isnull=False),
                name="check_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[CheckState.FINDING, CheckState.NOT_NEEDED]) | ~Q(note=""),
                name="a_finding_is_written_down",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.application_id}"


class Diligence(models.Model):
    """The reviewer's report on an application, as it stands."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="diligence")
    business = models.TextField(_("the borrower and its business"), max_length=8000)
    collateral = models.TextField(_("title, value and realisability of the collateral"), max_length=8000)
    repayment = models.TextField(_("purpose and source of repayment"), max_length=8000)
    opinion = models.TextField(_("opinion"), max_length=4000)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"report on {self.application_id}"


class Scorecard(models.Model):
    """Factors, their answers and points, and the grades they add up to; versioned data, never changed.

    `data` is {"factors": [{"key", "zh", "en", "answers": [{"key", "zh", "en", "points"}]}], "grades": [{"from",
    "grade"}]}; loans/scoring.py reads it. `bank` None is the market's own, for banks without one.
    """

    bank = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="scorecards")
    code = models.SlugField(max_length=40)
    version = models.PositiveSmallIntegerField()
    data: Any = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "code", "version"], name="scorecard_versions_are_numbered", nulls_distinct=False
            )
        ]
        triggers = [pgtrigger.Protect(name="a_scorecard_is_fixed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Score(models.Model):
    """An application scored by one version of a scorecard; scored again, the latest counts."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="scores")
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="scores")
    answers: Any = models.JSONField()
    points = models.IntegerField()
    grade = models.CharField(max_length=8)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="scores_are_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.grade} for {self.application_id}"


class Proposal(Stateful):
    """What a reviewer (maker) proposes and another person (checker) passes or refuses.

    `application_version` is the version of the facts it was made on: once they changed it is void.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="proposals")
    application_version = models.PositiveIntegerField()
    action = models.CharField(max_length=8, choices=Action.choices)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    term_months = models.PositiveSmallIntegerField(_("term in months"), null=True, blank=True)
    conditions = models.TextField(_("conditions"), max_length=4000, blank=True)
    reason_code = models.CharField(_("reason"), max_length=16, choices=Reason.choices, blank=True)
    reason = models.TextField(_("reasons"), max_length=4000)
    votes_needed = models.PositiveSmallIntegerField(default=0)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    checker = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    checker_note = models.TextField(max_length=4000, blank=True)

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="proposal_state_is_known"),
            models.CheckConstraint(condition=Q(action__in=Action.values), name="proposal_action_is_known"),
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")), name="the_maker_does_not_check"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ProposalState.PASSED, ProposalState.REFUSED])
                | Q(checker__isnull=False, checked_at__isnull=False),
                name="decided_proposal_has_its_checker",
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(state=ProposalState.OPEN), name="one_open_proposal_per_application"
            ),
            models.CheckConstraint(
                condition=~Q(action=Action.APPROVE) | Q(amount__gt=0, term_months__gte=1),
                name="approval_names_amount_and_term",
            ),
            models.CheckConstraint(
                condition=Q(action=Action.APPROVE) | ~Q(reason_code=""), name="refusal_has_its_reason_code"
            ),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Trigger(
                name="one_person_does_not_decide_alone",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("checker_id", "maker_id"),
                condition=pgtrigger.Q(new__checker__isnull=False),
                func=f"""
                    IF EXISTS (SELECT 1 FROM accounts_user m, accounts_user c
                               WHERE m.id = NEW.maker_id AND c.id = NEW.checker_id AND ({SAME_PERSON})) THEN
                        RAISE EXCEPTION 'maker and checker of proposal % are one person', NEW.id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person_does_not_decide_alone';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # a constant of this module
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.application_id}"

    @property
    def bank_id(self) -> int:
        return self.application.bank_id

    @property
    def money(self) -> Money | None:
        return Money(self.amount, self.application.currency) if self.amount is not None else None


class Vote(models.Model):
    """A committee member's word on a proposal; one each, never changed, never by a maker."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_for = models.BooleanField()
    note = models.TextField(max_length=2000, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["proposal", "voter"], name="one_vote_per_member")]
        triggers = [
            pgtrigger.Protect(name="votes_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="nobody_votes_on_their_own_proposal",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF EXISTS (SELECT 1 FROM loans_proposal p, accounts_user m, accounts_user c
                               WHERE p.id = NEW.proposal_id AND m.id = p.maker_id AND c.id = NEW.voter_id
                                 AND ({SAME_PERSON})) THEN
                        RAISE EXCEPTION 'the maker of proposal % votes on it', NEW.proposal_id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'nobody_votes_on_their_own_proposal';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # a constant of this module
            ),
        ]

    def __str__(self) -> str:
        return f"{'for' if self.is_for else 'against'} {self.proposal_id}"
