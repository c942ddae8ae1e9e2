"""A product: written, on offer, closed for new applications. Loans made of it run on by their frozen terms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loans.graphs.parties import BANK_MANAGES
from loans.guards import version_is_published
from loans.states.product import ProductState
from marketplace.core.lifecycle import Edge, Graph, register

_S = ProductState
PRODUCT_GRAPH = register(
    Graph(
        name="loan_product",
        model="loans.product",
        initial=_S.DRAFT,
        states=ProductState,
        resting=frozenset(_S),  # a bank owes nobody a product
        edges=(
            Edge("publish", (_S.DRAFT,), _S.OPEN, BANK_MANAGES, _("Put on offer"), version_is_published),
            Edge("close", (_S.OPEN,), _S.CLOSED, BANK_MANAGES, _("Close for new applications")),
            Edge("reopen", (_S.CLOSED,), _S.OPEN, BANK_MANAGES, _("Offer again"), version_is_published),
        ),
    )
)
