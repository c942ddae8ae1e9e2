"""A step on a page of its own: shown with what it means (GET), checked by its form, taken by its one service (POST)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound, Sentence


class StepForm(forms.Form):
    """A step's form; `subject` is what the step is about."""

    def __init__(self, *args: Any, subject: Any = None, **kwargs: Any) -> None:
        self.subject = subject
        super().__init__(*args, **kwargs)


class NoForm(StepForm):
    """A step that needs nothing but the decision."""


class ReasonForm(StepForm):
    """A step against the other side's expectation, with its reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The other side reads it."),
    )


@dataclass(frozen=True)
class Step:
    """One act of a person on a matter. `run(subject, data, by)` calls the one service function.

    `warning` is said before it is done; a dangerous step cannot be undone.
    """

    verb: str
    label: Sentence
    form: type[StepForm]
    run: Callable[[Any, dict[str, Any], Actor], object]
    warning: Sentence = ""
    is_dangerous: bool = False


def by_verb(*steps: Step) -> dict[str, Step]:
    return {one.verb: one for one in steps}


def take(
    request: HttpRequest, subject: Any, step: Step | None, *, template: str, back: str, **more: Any
) -> HttpResponse:
    """Show the step, or take it and go `back`. A refusal is shown on the same page, with what was filled in.

    `template` extends portal/step.html; `more` is its own context. Raises NotFound for a step that does not exist.
    """
    if step is None:
        raise NotFound()
    is_post = request.method == "POST"
    form = step.form(request.POST, request.FILES, subject=subject) if is_post else step.form(subject=subject)
    refusal: DomainError | None = None
    if is_post and form.is_valid():
        try:
            step.run(subject, form.cleaned_data, request.actor)  # type: ignore[attr-defined]
            messages.success(request, gettext("Done: %(step)s") % {"step": step.label})
            return redirect(back)
        except DomainError as error:
            refusal = error
            if error.field in form.fields:
                form.add_error(error.field, error.message)
    context = {
        **more,
        "subject": subject,
        "step": step,
        "form": form,
        "refusal": refusal,
        "back": back,
        "has_files": any(isinstance(one, forms.FileField) for one in form.fields.values()),
    }
    return render(request, template, context, status=refusal.status if refusal else 422 if is_post else 200)


def take_given(subject: Any, step: Step | None, given: Any, files: Any, by: Actor) -> None:
    """The same for a program: check what it sent by the page's form, and call the one service.

    Raises NotFound for a step that does not exist, ValidationError, and what the service refuses.
    """
    if step is None:
        raise NotFound()
    if step.form.base_fields and not isinstance(given, Mapping):
        raise ValidationError({"non_field_errors": [gettext("An object is expected here.")]})
    form = step.form(given if step.form.base_fields else {}, files, subject=subject)
    if not form.is_valid():
        raise ValidationError({name: [str(one) for one in said] for name, said in form.errors.items()})
    step.run(subject, form.cleaned_data, by)
