"""Letters: chosen, put off, proved, refused, doubtful; through a mail server that really listens."""

from __future__ import annotations

import hashlib
import smtplib
import threading
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.urls import reverse
from django.utils import translation

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.notifications import handover, parked, preferences, sending, service, unsubscribing
from marketplace.notifications.couriers.mail import MailCourier
from marketplace.notifications.models import Channel, Delivery, Digest, Frequency, Outcome, Proof
from tests import cast
from tests.builders import a_person
from tests.notifications.conftest import LEGAL, THEMES, USUAL, Postbox

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str):
    return clock.at(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def choose(person: User, kind: str, frequency: str, channel: str = Channel.MAIL) -> None:
    preferences.choose(user_id=person.pk, chosen={(THEMES[kind], channel): frequency})


def mail_of(person: User) -> Delivery:
    return Delivery.objects.get(recipient=person, channel=Channel.MAIL)


def test_a_letter_reaches_a_real_mail_server_in_both_forms(reader: User, tell, postbox: Postbox) -> None:
    tell(reader, words="a <b> c")
    assert sending.send_due() == 1 and sending.send_due() == 0
    [letter] = postbox.letters
    text, html = (part.get_payload(decode=True).decode() for part in letter.get_payload())
    assert letter["To"] == reader.email and "“a <b> c” is empty." in text and "/en/listings/" in text
    assert "“a &lt;b&gt; c” is empty." in html
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"].strip().startswith("<http") and letter["Message-ID"].startswith("<notice-")
    assert mail_of(reader).outcome == Outcome.SENT


def test_a_preference_of_the_time_of_sending_counts(reader: User, tell, postbox: Postbox) -> None:
    tell(reader)
    choose(reader, USUAL, Frequency.OFF)
    assert sending.send_due() == 0 and not postbox.letters
    row = mail_of(reader)
    assert (row.outcome, row.error) == (Outcome.DROPPED, sending.SWITCHED_OFF)
    tell(reader)
    assert Delivery.objects.filter(recipient=reader, channel=Channel.MAIL).count() == 1  # not even queued


def test_whoever_may_no_longer_see_it_is_not_told(reader: User, tell, audience, postbox: Postbox) -> None:
    gone = a_person("gone@people.test")
    tell(reader, gone)
    audience.remove(gone)
    sending.send_due()
    assert [letter["To"] for letter in postbox.letters] == [reader.email]
    assert mail_of(gone).error == sending.NO_LONGER_THEIRS


def test_a_closed_account_gets_nothing(reader: User, tell, postbox: Postbox) -> None:
    tell(reader, kind=LEGAL)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert sending.send_due() == 0
    assert mail_of(reader).error == sending.INACTIVE


def test_what_has_legal_effect_cannot_be_switched_off_and_is_proved(reader: User, tell, postbox: Postbox) -> None:
    for channel in (Channel.MAIL, Channel.IN_APP):
        choose(reader, LEGAL, Frequency.OFF, channel)
    preferences.keep_habits(user_id=reader.pk, quiet_from=time(0), quiet_until=time(23, 59), wecom_id="")
    tell(reader, kind=LEGAL, words="legal")
    assert sending.send_due() == 1
    [letter] = postbox.letters
    assert letter["List-Unsubscribe"] is None and b"has legal effect" in letter.get_payload()[0].get_payload(
        decode=True
    )
    service.mark_read(reader.pk)
    acts = {proof.act: proof for proof in Proof.objects.filter(delivery__recipient=reader)}
    assert set(acts) == {Proof.Act.SHOWN, Proof.Act.HANDED_OVER, Proof.Act.OPENED}
    handed = acts[Proof.Act.HANDED_OVER]
    assert (handed.address, handed.message_id) == (reader.email, letter["Message-ID"]) and len(handed.sha256) == 64
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(service.sentence_of(service.inbox(reader.pk).get()))
    assert acts[Proof.Act.SHOWN].sha256 == hashlib.sha256("\n".join(said).encode()).hexdigest()


def test_proofs_cannot_be_changed(reader: User, tell) -> None:
    tell(reader, kind=LEGAL)
    with pytest.raises(Exception, match="proofs_are_append_only"):
        Proof.objects.update(address="else@where.test")


def test_a_second_relay_proves_nothing_twice(reader: User, tell) -> None:
    service.deliver(tell(reader, kind=LEGAL))
    assert Proof.objects.count() == 1


def test_quiet_hours_put_a_letter_off_to_their_end(reader: User, tell, postbox: Postbox) -> None:
    preferences.keep_habits(user_id=reader.pk, quiet_from=time(22), quiet_until=time(7), wecom_id="")
    with at("2026-11-23 23:00"):
        tell(reader)
        assert sending.send_due() == 0
        assert service.unread_count(reader.pk) == 1  # the inbox is silent anyway
    with at("2026-11-24 06:59"):
        assert sending.send_due() == 0
    with at("2026-11-24 07:00"):
        assert sending.send_due() == 1


def test_a_digest_collects_a_window_and_leaves_out_what_was_switched_off_or_taken_away(
    reader: User, tell, audience, postbox: Postbox
) -> None:
    other = a_person("other@people.test")
    for person in (reader, other):
        choose(person, USUAL, Frequency.DAILY)
    with at("2026-11-23 09:00"):
        tell(reader, other, words="one")
        tell(words="two")
        tell(kind=LEGAL, words="three")
        assert sending.send_due() == 2  # the legal one, to both, at once
    audience.remove(other)
    with at("2026-11-24 07:59"):
        assert sending.send_due() == 0
    with at("2026-11-24 08:00"):
        assert sending.send_due() == 1 and sending.send_due() == 0
    letter = postbox.letters[-1]
    text = letter.get_payload()[0].get_payload(decode=True).decode()
    assert letter["To"] == reader.email and text.index("“one”") < text.index("“two”") and "three" not in text
    assert "Talks and offers: 2 notices" in text and letter["List-Unsubscribe"]
    assert Digest.objects.get(recipient=other).outcome == Outcome.DROPPED
    assert not Delivery.objects.filter(outcome__in=[Outcome.WAITING, Outcome.SENDING]).exists()


def test_what_comes_after_its_window_was_sent_goes_with_the_next(reader: User, tell, postbox: Postbox) -> None:
    choose(reader, USUAL, Frequency.DAILY)
    with at("2026-11-23 09:00"):
        tell(reader)
    with at("2026-11-24 08:00"):
        sending.send_due()
    with at("2026-11-23 09:30"):  # a transaction that began earlier and commits only now
        tell(reader)
    with at("2026-11-24 08:10"):
        assert sending.send_due() == 0
    with at("2026-11-25 08:00"):
        assert sending.send_due() == 1


def test_a_changed_pace_moves_what_waits(reader: User, tell, postbox: Postbox) -> None:
    choose(reader, USUAL, Frequency.WEEKLY)
    with at("2026-11-24 09:00"):
        tell(reader)
        assert sending.send_due() == 0
        choose(reader, USUAL, Frequency.AT_ONCE)
        assert sending.send_due() == 1
        tell(reader)
        choose(reader, USUAL, Frequency.DAILY)
        assert sending.send_due() == 0
    assert Delivery.objects.get(outcome=Outcome.WAITING).closes_at == datetime(2026, 11, 25, 8, tzinfo=ZONE)


def test_a_refusing_server_is_asked_again_later_and_at_last_left_alone(reader: User, tell, postbox: Postbox) -> None:
    tell(reader)
    moment = clock.now()
    for n in range(handover.MOST_TRIES):
        postbox.answers.append("451 not now")
        with clock.at(moment):
            assert sending.send_due() == 0 and sending.send_due() == 0
        moment += handover.FIRST_WAIT * 2**n
    row = mail_of(reader)
    assert (row.outcome, row.tries) == (Outcome.PARKED, handover.MOST_TRIES) and "451" in row.error
    desk = cast.ops()
    [line] = parked.stuck(desk.actor)
    assert (line.kind, line.pk) == ("letter", row.pk)
    page = desk.signed_in().get("/en/desk/notices/").content.decode()
    assert "not now" in page and "Send again" in page
    with pytest.raises(NotPermitted):
        parked.release(kind="letter", pk=row.pk, by=cast.bo().actor)
    desk.signed_in().post("/desk/notices/release/", {"kind": "letter", "id": row.pk})
    assert sending.send_due() == 1 and len(postbox.letters) == 1
    with pytest.raises(NotFound):
        parked.release(kind="letter", pk=row.pk, by=desk.actor)


def test_one_letter_that_cannot_be_made_stops_no_other(reader: User, tell, postbox: Postbox) -> None:
    tell(reader)
    poison = mail_of(reader)
    other = a_person("other@people.test")
    tell(other, kind=LEGAL)
    Delivery.objects.filter(pk=poison.pk).update(params={})  # its sentence lacks a value
    assert sending.send_due() == 2
    poison.refresh_from_db()
    assert poison.outcome == Outcome.WAITING and poison.tries == 1 and "KeyError" in poison.error


@pytest.mark.parametrize(("kind", "then"), [(USUAL, Outcome.UNKNOWN), (LEGAL, Outcome.WAITING)])
def test_a_process_that_dies_while_handing_over_leaves_a_doubt_on_record(
    reader: User, tell, postbox: Postbox, monkeypatch, kind: str, then: str
) -> None:
    tell(reader, kind=kind)

    def die(self, letter):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MailCourier, "hand_over", die)
        with pytest.raises(KeyboardInterrupt):
            sending.send_due()
    assert mail_of(reader).outcome == Outcome.SENDING
    assert sending.send_due() == 0  # nobody takes it meanwhile
    with clock.at(clock.now() + handover.DOUBTFUL_AFTER + timedelta(minutes=1)):
        assert sending.send_due() == 0
        row = mail_of(reader)
        assert row.outcome == then and row.unknown_since is not None
        with clock.at(clock.now() + handover.FIRST_WAIT):
            assert sending.send_due() == (kind == LEGAL)  # what has legal effect goes again, its doubt kept
    assert mail_of(reader).unknown_since is not None


def test_a_line_that_breaks_while_handing_over_is_a_doubt(reader: User, tell, postbox: Postbox, monkeypatch) -> None:
    tell(reader)
    monkeypatch.setattr(smtplib.SMTP, "data", lambda self, msg: (_ for _ in ()).throw(TimeoutError("gone")))
    assert sending.send_due() == 0
    assert mail_of(reader).outcome == Outcome.UNKNOWN


def test_a_server_that_is_not_there_is_no_doubt(reader: User, tell, postbox: Postbox, settings) -> None:
    settings.EMAIL_PORT = 1
    tell(reader)
    assert sending.send_due() == 0
    assert mail_of(reader).outcome == Outcome.WAITING and mail_of(reader).unknown_since is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "control"])
def test_two_digest_runs_at_once_send_one_letter(reader: User, tell, monkeypatch, is_guarded: bool) -> None:
    """The control takes the lock and the mark away: then the same window goes out more than once."""
    choose(reader, USUAL, Frequency.DAILY)
    tell(reader)
    Delivery.objects.update(closes_at=clock.now() - timedelta(minutes=1), outcome=Outcome.WAITING)
    Delivery.objects.filter(channel=Channel.IN_APP).update(outcome=Outcome.SENT)
    barrier, taken, guard = threading.Barrier(4), [], threading.Lock()

    def hand_over(self, letter):
        with guard:
            taken.append(letter.id)
        from marketplace.notifications.couriers import Receipt

        return Receipt(letter.id, "")

    monkeypatch.setattr(MailCourier, "hand_over", hand_over)
    if not is_guarded:

        def unguarded(rows, judge):
            row = rows.filter(outcome=Outcome.WAITING).first()
            met.wait(10)
            return (row, judge(row)) if row is not None else (None, False)

        met = threading.Barrier(4)
        monkeypatch.setattr(sending.handover, "claim", unguarded)
        monkeypatch.setattr(sending, "_send_letters", lambda courier, channel, limit: 0)

    def run() -> None:
        try:
            barrier.wait(10)
            sending.send_due(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Digest.objects.count() == 1
    assert len(taken) == 1 if is_guarded else len(taken) > 1


def test_one_click_unsubscribes_and_looking_does_not(reader: User, tell, postbox: Postbox) -> None:
    tell(reader)
    sending.send_due()
    address = postbox.letters[0]["List-Unsubscribe"].strip().strip("<>").split("testserver")[-1]
    path = address[address.index("/en/unsubscribe/") :]
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.get(path).status_code == 200
    tell(reader)
    assert sending.send_due() == 1
    done = stranger.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert done.status_code == 200 and "no more notices" in done.content.decode()
    tell(reader)
    assert sending.send_due() == 0
    tell(reader, kind=LEGAL)
    assert sending.send_due() == 1


def test_a_made_up_token_unsubscribes_nobody(reader: User, client: Client) -> None:
    good = unsubscribing.address(reader.pk, "talks", "mail")
    for path in (good[:-3] + "xx/", "/unsubscribe/1:talks:mail/", good.replace("unsubscribe/", "unsubscribe/x")):
        assert client.post(path).status_code == 404
    assert not preferences.chosen_by([reader.pk], ["talks"])


def test_the_page_keeps_what_is_chosen(reader: User) -> None:
    browser = Client()
    browser.force_login(reader)
    url = "/en" + reverse("notice_preferences")
    html = browser.get(url).content.decode()
    assert 'name="talks.mail"' in html and 'name="security.mail"' not in html and 'name="talks.sms"' not in html
    form = {f"{theme.key}.{channel}": "off" for theme in preferences.THEMES for channel in ("mail", "in_app")}
    answer = browser.post(url, {**form, "quiet_from": "22:00", "quiet_until": "07:00"})
    assert answer.status_code == 302
    assert preferences.chosen_by([reader.pk], ["talks"]) == {
        (reader.pk, "talks", "mail"): "off",
        (reader.pk, "talks", "in_app"): "off",
    }
    assert preferences.habits_of(reader.pk).quiet_from == time(22)
    half = browser.post(url, {**form, "quiet_from": "22:00"})
    assert half.status_code == 422 and "both ends" in half.content.decode()
    wrong = browser.post(url, {**form, "talks.in_app": "weekly"})
    assert wrong.status_code == 422


def test_everything_is_told_once_by_each_channel(reader: User, tell) -> None:
    service.deliver(tell(reader, times=20))
    found = Delivery.objects.values("event_id", "recipient", "channel").annotate(n=Count("pk"))
    assert len(found) == 40 and {one["n"] for one in found} == {1}
