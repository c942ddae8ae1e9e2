"""A matter to hang documents on, people who can sign, and codes that are always fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from marketplace.accounts.models import Organisation
from marketplace.signing import registry
from marketplace.signing.models import Document
from marketplace.signing.paper import Clause, Language, Paper, PartyLine, Table
from marketplace.signing.services import SignerSlot, draft_document, sign
from tests import cast
from tests.cast import Part

TEMPLATE = "test.agreement"


def build(data: dict[str, Any], language: Language) -> Paper:
    """A short agreement; whatever `data["text"]` says stands in a clause, a table and a party's line."""
    zh = language == "zh"
    return Paper(
        title="测试协议" if zh else "Test agreement",
        parties=(PartyLine("甲方" if zh else "Party A", data.get("text", "因氏"), (data.get("text", ""),)),),
        preamble=("双方约定如下。" if zh else "The parties agree as follows.",),
        clauses=(
            Clause("标的" if zh else "Subject", (data.get("text", "专利权转让"), "第二款" if zh else "Second")),
            Clause("清单" if zh else "List", (), Table(("序号", "名称"), (("1", data.get("text", "一种氟聚合物")),))),
        ),
    )


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path: Path) -> None:
    """The demo's seal is made in the test's own directory."""
    settings.RUN_DIR = tmp_path / "run"
    settings.SIGNING_KEY = settings.SIGNING_CERT = settings.SIGNING_KEY_PASSWORD = ""


@pytest.fixture(autouse=True)
def known_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_templates", dict(registry._templates))
    monkeypatch.setattr(registry, "_matters", dict(registry._matters))
    registry.template(TEMPLATE, "Test agreement", build)
    registry.matter("accounts.organisation", title=lambda pk: "matter", url=lambda pk: "/")


@pytest.fixture
def clock_hand() -> Iterator[time_machine.Traveller]:
    """Real time that tests can move: codes belong to its half minutes."""
    with time_machine.travel("2026-11-23T02:00:01+00:00", tick=False) as hand:
        yield hand


@pytest.fixture
def fresh_code(clock_hand: time_machine.Traveller) -> Callable[[Part], str]:
    """Enrols whoever asks and moves on to the next half minute, so that every code is a new one."""

    def code(part: Part) -> str:
        cast.enrol(part.person)
        clock_hand.shift(30)
        return code_at(clock_hand)

    return code


def code_at(hand: time_machine.Traveller) -> str:
    import time

    return format_hotp_value(hotp_value(cast.TOTP_SECRET, int(time.time()) // 30))


@pytest.fixture
def ines(db) -> Part:
    return cast.ines()


@pytest.fixture
def bo(db) -> Part:
    return cast.bo()


@pytest.fixture
def draft(ines: Part, bo: Part) -> Callable[..., Document]:
    """Drafts the next version for Ines and Bo, who sign in that order."""

    def make(subject: Organisation | None = None, **given: Any) -> Document:
        about = subject or ines.organisation
        slots = [
            SignerSlot(1, ines.organisation.pk, "转让方", "Assignor"),
            SignerSlot(2, bo.organisation.pk, "受让方", "Assignee"),
        ]
        return draft_document(
            subject=("accounts.organisation", about.pk),
            template=TEMPLATE,
            data={"text": given.pop("text", "专利权转让")},
            signers=given.pop("signers", slots),
            by=given.pop("by", ines.actor),
            **given,
        )

    return make


@pytest.fixture
def signed(draft, ines: Part, bo: Part, fresh_code) -> Callable[..., Document]:
    """Drafts and has both sign, so that the document is complete."""

    def make(**given: Any) -> Document:
        document = draft(**given)
        for part in (ines, bo):
            document = sign(
                document_id=document.pk,
                sha256=document.sha256,
                by=part.actor,
                otp=fresh_code(part),
                address="192.0.2.7",
            )
        return document

    return make
