"""The practice provider, asked through the real library: shapes, errors, keys, money and memory."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import stripe

from marketplace.payments.fake_stripe.server import FakeStripe
from marketplace.payments.fake_stripe.wire import ApiError, Params, read_form
from tests.payments.asking import a_charge, a_session, an_account, client_of


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_object_has_its_id_kind_and_mode(fake: FakeStripe, api):
    charge = a_charge(fake, api)
    account = an_account(fake, api)
    transfer = api.v1.transfers.create(
        {"amount": 5000, "currency": "usd", "destination": account, "source_transaction": charge}
    )
    api.v1.transfers.reversals.create(transfer.id, {"amount": 100})
    api.v1.refunds.create({"charge": charge, "amount": 100})
    fake.do("dispute", charge=charge)
    prefixes = {
        "checkout.session": "cs_test_", "payment_intent": "pi_", "charge": ("ch_", "py_"),
        "balance_transaction": "txn_",
        "account": "acct_", "transfer": "tr_", "transfer_reversal": "trr_", "refund": "re_", "dispute": "du_",
        "event": "evt_",
    }  # fmt: skip
    for kind, prefix in prefixes.items():
        rows = fake.every(kind)
        assert rows, kind
        for row in rows:
            assert row["id"].startswith(prefix)
            assert (row["object"], row["livemode"]) == (kind, False)
            assert isinstance(row["created"], int)


def test_an_intent_names_its_charge_and_expansion_gives_it(fake: FakeStripe, api):
    a_charge(fake, api)
    intent = fake.every("payment_intent")[0]["id"]
    assert api.v1.payment_intents.retrieve(intent).latest_charge.startswith("ch_")
    opened = api.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge.balance_transaction"]})
    assert opened.latest_charge.balance_transaction.net == 10_000 - 320
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        api.v1.payment_intents.retrieve(intent, {"expand": ["nothing"]})


def test_lists_come_newest_first_page_by_page(fake: FakeStripe, api):
    made = [a_session(api).id for _ in range(7)]
    page = api.v1.checkout.sessions.list({"limit": 3})
    assert [one.id for one in page.data] == made[:3:-1]
    assert page.has_more
    assert [one.id for one in api.v1.checkout.sessions.list({"limit": 3}).auto_paging_iter()] == made[::-1]
    before = api.v1.checkout.sessions.list({"limit": 3, "ending_before": made[0]})
    assert [one.id for one in before.data] == made[3:0:-1]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.checkout.sessions.list({"limit": 101})
    assert refused.value.param == "limit"
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.checkout.sessions.list({"starting_after": "cs_none"})


def test_errors_are_the_librarys_own(fake: FakeStripe, api):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.retrieve("pi_none")
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", "id")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.create({"amount": 100, "currency": "usd", "amonut": 1})
    assert refused.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.create({"currency": "usd"})
    assert (refused.value.code, refused.value.param) == ("parameter_missing", "amount")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.create({"amount": 100_000_000, "currency": "usd"})
    assert refused.value.code == "amount_too_large"
    with pytest.raises(stripe.AuthenticationError):
        client_of(fake, "sk_live_practice").v1.balance.retrieve()
    with pytest.raises(stripe.PermissionError):
        api.v1.balance.retrieve(None, {"stripe_account": "acct_none"})


def test_a_declined_card_is_a_card_error_that_leaves_its_charge(fake: FakeStripe, api):
    with pytest.raises(stripe.CardError) as refused:
        api.v1.payment_intents.create(
            {
                "amount": 100,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_chargeDeclinedInsufficientFunds",
            }
        )
    error = refused.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, "card_declined", "insufficient_funds")
    [charge] = fake.every("charge")
    assert (charge["status"], charge["paid"], charge["balance_transaction"]) == ("failed", False, None)
    assert api.v1.payment_intents.retrieve(error.error.payment_intent.id).status == "requires_payment_method"


def test_intents_are_confirmed_and_cancelled(fake: FakeStripe, api):
    intent = api.v1.payment_intents.create({"amount": 100, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.payment_intents.confirm(intent.id)
    assert api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.payment_intents.cancel(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    other = api.v1.payment_intents.create({"amount": 100, "currency": "usd", "payment_method": "pm_card_visa"})
    assert other.status == "requires_confirmation"
    assert api.v1.payment_intents.cancel(other.id).status == "canceled"


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_key_one_object(fake: FakeStripe, api):
    first, again = a_session(api, idempotency_key="k"), a_session(api, idempotency_key="k")
    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as refused:
        a_session(api, 20_000, idempotency_key="k")
    assert refused.value.http_status == 400
    assert len(fake.every("checkout.session")) == 1


@pytest.mark.parametrize(("kind", "made"), [("error_500_after", 1), ("error_500_before", 0)])
def test_a_500_is_replayed_under_its_key(fake: FakeStripe, api, kind: str, made: int):
    fake.do("faults", kind=kind, path="/v1/checkout/sessions")
    for _ in range(3):
        with pytest.raises(stripe.APIError) as error:
            a_session(api, idempotency_key="k")
        assert error.value.http_status == 500
    assert len(fake.every("checkout.session")) == made


def test_a_dropped_answer_is_found_under_its_key(fake: FakeStripe, api):
    fake.do("faults", kind="drop_after", path="/v1/checkout/sessions")
    with pytest.raises(stripe.APIConnectionError):
        a_session(api, idempotency_key="k")
    assert a_session(api, idempotency_key="k").id == fake.every("checkout.session")[0]["id"]
    assert len(fake.every("checkout.session")) == 1


def test_a_key_is_forgotten_after_a_day(fake: FakeStripe, api):
    a_session(api, idempotency_key="k")
    fake.do("clock", advance_seconds=23 * 3600)
    a_session(api, idempotency_key="k")
    assert len(fake.every("checkout.session")) == 1
    fake.do("clock", advance_seconds=2 * 3600)
    a_session(api, idempotency_key="k")
    assert len(fake.every("checkout.session")) == 2


def test_a_refused_parameter_leaves_the_key_free(fake: FakeStripe, api):
    with pytest.raises(stripe.InvalidRequestError):
        a_session(api, 0, idempotency_key="k")
    assert a_session(api, idempotency_key="k").status == "open"


def test_a_declined_card_is_declined_again_under_its_key(fake: FakeStripe, api):
    asked = {"amount": 100, "currency": "usd", "confirm": True, "payment_method": "pm_card_chargeDeclined"}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            api.v1.payment_intents.create(asked, {"idempotency_key": "k"})
    assert len(fake.every("charge")) == 1


def test_many_at_once_under_one_key_make_one(fake: FakeStripe, api):
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(a_session(api, idempotency_key="k").id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8 and len(set(made)) == 1


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_balance_is_the_sum_of_its_transactions(fake: FakeStripe, api):
    charge = a_charge(fake, api)
    account = an_account(fake, api)
    api.v1.transfers.create({"amount": 4000, "currency": "usd", "destination": account, "source_transaction": charge})
    api.v1.refunds.create({"charge": charge, "amount": 1000})
    lines = list(api.v1.balance_transactions.list({"limit": 100}).auto_paging_iter())
    balance = api.v1.balance.retrieve()
    total = sum(row.amount for part in (balance.available, balance.pending) for row in part)
    assert total == sum(line.net for line in lines) == 10_000 - 320 - 4000 - 1000
    there = api.v1.balance.retrieve(None, {"stripe_account": account})
    assert sum(row.amount for part in (there.available, there.pending) for row in part) == 4000


def test_a_charge_is_a_source_up_to_its_amount(fake: FakeStripe, api):
    charge, account = a_charge(fake, api), an_account(fake, api)
    ask = {"currency": "usd", "destination": account, "source_transaction": charge}
    api.v1.transfers.create({"amount": 6000, **ask})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.create({"amount": 4001, **ask})
    assert refused.value.code == "transfer_source_balance_parameters_mismatch"
    api.v1.transfers.create({"amount": 4000, **ask})


def test_without_a_source_only_what_is_available_goes(fake: FakeStripe, api):
    a_charge(fake, api)
    account = an_account(fake, api)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.create({"amount": 1000, "currency": "usd", "destination": account})
    assert refused.value.code == "balance_insufficient"
    fake.do("settle")
    assert api.v1.transfers.create({"amount": 1000, "currency": "usd", "destination": account}).id


def test_an_account_not_onboarded_and_one_across_the_border_are_refused(fake: FakeStripe, api):
    charge = a_charge(fake, api)
    fresh = api.v1.accounts.create({"type": "express", "country": "SG"})
    ask = {"amount": 100, "currency": "usd", "source_transaction": charge}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.create({"destination": fresh.id, **ask})
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.create({"destination": an_account(fake, api, "CN"), **ask})
    assert refused.value.code == "transfers_not_allowed"


def test_no_more_is_refunded_or_reversed_than_there_is(fake: FakeStripe, api):
    charge, account = a_charge(fake, api), an_account(fake, api)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        api.v1.refunds.create({"charge": charge, "amount": 10_001})
    api.v1.refunds.create({"charge": charge, "amount": 5000})
    assert api.v1.charges.retrieve(charge).amount_refunded == 5000
    other = a_charge(fake, api, 20_000)
    transfer = api.v1.transfers.create(
        {"amount": 5000, "currency": "usd", "destination": account, "source_transaction": other}
    )
    with pytest.raises(stripe.InvalidRequestError, match="unreversed amount"):
        api.v1.transfers.reversals.create(transfer.id, {"amount": 5001})
    fake.do("settle")
    fake.do("payout", account=account, currency="usd")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.transfers.reversals.create(transfer.id)
    assert refused.value.code == "balance_insufficient"


def test_a_payout_lists_the_transfers_in_it(fake: FakeStripe, api):
    charge, account = a_charge(fake, api), an_account(fake, api)
    ask = {"currency": "usd", "destination": account, "source_transaction": charge}
    first = api.v1.transfers.create({"amount": 1000, **ask}).id
    fake.do("settle")
    one = fake.do("payout", account=account, currency="usd")["id"]
    second = api.v1.transfers.create({"amount": 2000, **ask}).id
    fake.do("settle")
    two = fake.do("payout", account=account, currency="usd")["id"]

    def inside(payout: str) -> list[str]:
        asked = {"payout": payout, "type": "payment", "expand": ["data.source"]}
        lines = api.v1.balance_transactions.list(asked, {"stripe_account": account})
        return [line.source.source_transfer for line in lines.data]

    assert (inside(one), inside(two)) == ([first], [second])
    fake.do("fail_payout", payout=two)
    assert api.v1.payouts.retrieve(two, None, {"stripe_account": account}).failure_code == "account_closed"


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_it_remembers_after_a_kill(tmp_path: Path):
    path = tmp_path / "fake.sqlite"
    first = FakeStripe(path).start()
    session = a_session(client_of(first), idempotency_key="k").id
    charge = a_charge(first, client_of(first))
    # No goodbye: a second process opens the file as a kill would have left it.
    second = FakeStripe(path).start()
    api = client_of(second)
    assert a_session(api, idempotency_key="k").id == session
    assert api.v1.charges.retrieve(charge).paid
    assert path.stat().st_mode & 0o077 == 0
    second.stop()
    first.stop()


# ── the wire ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_forms_with_brackets():
    assert read_form("a=1&b[c]=2&b[d][]=3&b[d][]=4&e[0][f]=5&e[1][f]=") == {
        "a": "1",
        "b": {"c": "2", "d": {"0": "3", "1": "4"}},
        "e": {"0": {"f": "5"}, "1": {"f": ""}},
    }
    with pytest.raises(ApiError):
        read_form("a=1&a[b]=2")
    with pytest.raises(ApiError):
        read_form("[]=2")


def test_parameters_of_the_wrong_kind_are_refused():
    params = Params(read_form("n=x&f=maybe&m[a][b]=1&s[a]=1&l=1"))
    for ask in (
        lambda: params.whole("n"),
        lambda: params.flag("f"),
        lambda: params.strings("m"),
        lambda: params.text("s"),
        lambda: params.words("l"),
        lambda: params.sub("l"),
        lambda: params.amount("absent"),
    ):
        with pytest.raises(ApiError):
            ask()
