"""Products: written by one person of the bank, published by another, closed for new applications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from loans.graphs.parties import BANK_MANAGES
from loans.graphs.product import PRODUCT_GRAPH
from loans.models import Product, ProductVersion
from loans.refusals import CodeTaken, NotABank, NoVersion, VersionFixed, VersionWriter
from loans.states.product import ProductState
from loans.terms import Terms
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, events, lifecycle
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.core.locks import locked


@dataclass(frozen=True, slots=True)
class Face:
    """How a product presents itself."""

    name_zh: str
    name_en: str
    intro_zh: str = ""
    intro_en: str = ""


@transaction.atomic
def write_product(*, code: str, face: Face, terms: Mapping[str, Any], by: Actor) -> Product:
    """A new product with its first version in writing. Raises NotABank, NotPermitted, CodeTaken, and what `Terms`
    refuses."""
    read = Terms.from_json(terms)
    bank = by.acts_for or 0
    if not Organisation.objects.filter(pk=bank, kind=Kind.BANK, state=OrganisationState.VERIFIED).exists():
        raise NotABank()
    product = Product(
        bank_id=bank,
        code=code,
        name_zh=face.name_zh.strip(),
        name_en=face.name_en.strip(),
        intro_zh=face.intro_zh.strip(),
        intro_en=face.intro_en.strip(),
        created_at=clock.now(),
    )
    require(BANK_MANAGES, by, product)
    try:
        with transaction.atomic():
            lifecycle.begin(PRODUCT_GRAPH, product, by=by, data={"bank": product.bank_id})
    except IntegrityError as error:
        raise CodeTaken(field="code", given=code) from error
    _write(product, read, by)
    return product


def write_version(*, product_id: int, terms: Mapping[str, Any], by: Actor) -> ProductVersion:
    """Write the next version of a product's terms, or write the one in writing anew. Raises NotPermitted, BadInput."""
    read = Terms.from_json(terms)
    with locked(Product, product_id) as product:
        require(BANK_MANAGES, by, product)
        version = _write(product, read, by)
        events.record("loan_product.write", product, by, data={"bank": product.bank_id, "version": version.number})
    return version


def _write(product: Product, terms: Terms, by: Actor) -> ProductVersion:
    if by.user_id is None:
        raise NotPermitted()
    last = product.versions.order_by("-number").first()
    if last is not None and last.published_at is None:
        last.terms_json, last.written_by_id, last.written_at = terms.as_json(), by.user_id, clock.now()
        last.save(update_fields=["terms_json", "written_by", "written_at"])
        return last
    return ProductVersion.objects.create(
        product=product,
        number=last.number + 1 if last is not None else 1,
        terms_json=terms.as_json(),
        written_by_id=by.user_id,
        written_at=clock.now(),
    )


def publish_version(*, product_id: int, by: Actor) -> Product:
    """Put the version in writing in force; another person than its writer does. A new product goes on offer by it.

    Applications made before keep the terms they froze. Raises VersionFixed (nothing in writing), VersionWriter,
    NotPermitted.
    """
    with locked(Product, product_id) as product:
        require(BANK_MANAGES, by, product)
        version = product.versions.filter(published_at__isnull=True).first()
        if version is None:
            raise VersionFixed() if product.version_id else NoVersion()
        if by.user_id is None or version.written_by_id == by.user_id:
            raise VersionWriter()
        version.published_at, version.published_by_id = clock.now(), by.user_id
        version.save(update_fields=["published_at", "published_by"])
        product.version = version
        data = {"bank": product.bank_id, "version": version.number}
        if product.state == ProductState.DRAFT:
            lifecycle.walk(PRODUCT_GRAPH, product, "publish", by=by, data=data, also=("version",))
        else:
            product.save(update_fields=["version"])
            events.record("loan_product.renew", product, by, data=data)
    return product


def close_product(*, product_id: int, by: Actor) -> Product:
    """No new applications; those under way and loans go on. Raises NotPermitted, IllegalTransition."""
    with locked(Product, product_id) as product:
        lifecycle.walk(PRODUCT_GRAPH, product, "close", by=by, data={"bank": product.bank_id})
    return product


def reopen_product(*, product_id: int, by: Actor) -> Product:
    """Take applications again. Raises NotPermitted, IllegalTransition."""
    with locked(Product, product_id) as product:
        lifecycle.walk(PRODUCT_GRAPH, product, "reopen", by=by, data={"bank": product.bank_id})
    return product
