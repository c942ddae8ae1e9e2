"""The check, asked as a test asks it."""

from __future__ import annotations

from listings.assets.models import Asset
from listings.rights.checking import check
from listings.rights.states import Act


def ask(right: Asset, act: Act, **given):
    return check([right.pk], act, holder_id=given.pop("holder_id", right.holder_id), **given)


def codes(verdict, *, blocks: bool | None = None) -> set[str]:
    return {one.code for one in verdict.findings if blocks is None or one.is_block == blocks}
