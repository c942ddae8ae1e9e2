"""The ports for text messages and WeCom, against servers that really listen and keep what they took."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from marketplace.accounts.models import User
from marketplace.notifications import preferences, sending
from marketplace.notifications.couriers import open_channels
from marketplace.notifications.models import Channel, Delivery, Frequency, Outcome, Proof
from tests.notifications.conftest import LEGAL, THEMES, USUAL

pytestmark = pytest.mark.django_db


class Provider(ThreadingHTTPServer):
    """Takes messages as the providers describe it: keys of limited life, one message an id."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.taken: dict[str, dict] = {}
        self.keys_given = 0
        self.good_key = ""
        self.status = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Door(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *args: object) -> None: ...

    def answer(self, body: dict, status: int = 200) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if asked.get("corpsecret") != ["secret"]:
            return self.answer({"errcode": 40001, "errmsg": "invalid credential"})
        self.server.keys_given += 1
        self.server.good_key = f"key{self.server.keys_given}"
        return self.answer({"errcode": 0, "access_token": self.server.good_key, "expires_in": 7200})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status != 200:
            return self.answer({}, self.server.status)
        if "/cgi-bin/message/send" in self.path:
            if parse_qs(urlsplit(self.path).query)["access_token"] != [self.server.good_key]:
                return self.answer({"errcode": 42001, "errmsg": "access_token expired"})
            self.server.taken[body["touser"]] = body
            return self.answer({"errcode": 0, "msgid": "wecom-1"})
        if self.headers["Authorization"] != "Bearer gateway-key":
            return self.answer({}, 401)
        self.server.taken[body["id"]] = body
        return self.answer({"id": "sms-1"})


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY = f"{server.address}/sms", "gateway-key"
    settings.WECOM_API_BASE, settings.WECOM_CORP_ID, settings.WECOM_SECRET = server.address, "corp", "secret"
    settings.WECOM_AGENT_ID = 7
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask_for(person: User, channel: str, kind: str = USUAL) -> None:
    User.objects.filter(pk=person.pk).update(phone="+86 138-0000 0000")
    preferences.keep_habits(user_id=person.pk, quiet_from=None, quiet_until=None, wecom_id="reader")
    preferences.choose(user_id=person.pk, chosen={(THEMES[kind], channel): Frequency.AT_ONCE})


def row_by(channel: str) -> Delivery:
    return Delivery.objects.get(channel=channel)


def test_channels_are_offered_once_they_are_set_up(settings) -> None:
    assert open_channels() == [Channel.MAIL]
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:1/sms"
    assert open_channels() == [Channel.MAIL, Channel.SMS]


def test_nobody_gets_text_messages_without_asking(reader: User, tell, provider: Provider) -> None:
    tell(reader)
    assert set(Delivery.objects.values_list("channel", flat=True)) == {Channel.IN_APP, Channel.MAIL}


def test_a_text_message_goes_through_the_gateway(reader: User, tell, provider: Provider) -> None:
    ask_for(reader, Channel.SMS, LEGAL)
    tell(reader, kind=LEGAL, words="deal")
    sending.send_due()
    [taken] = provider.taken.values()
    assert (
        taken["to"] == "+8613800000000" and "“deal” is empty." in taken["text"] and taken["text"].endswith("/listings/")
    )
    row = row_by(Channel.SMS)
    assert row.outcome == Outcome.SENT
    assert Proof.objects.get(delivery=row, act=Proof.Act.HANDED_OVER).receipt == "sms-1"


def test_a_gateway_that_fails_is_asked_again(reader: User, tell, provider: Provider) -> None:
    ask_for(reader, Channel.SMS)
    tell(reader)
    provider.status = 500
    sending.send_due()
    assert (row_by(Channel.SMS).outcome, row_by(Channel.SMS).tries) == (Outcome.WAITING, 1)
    assert "HTTP 500" in row_by(Channel.SMS).error


def test_wecom_gets_a_new_key_when_the_old_one_is_stale(reader: User, tell, provider: Provider) -> None:
    ask_for(reader, Channel.WECOM)
    tell(reader)
    sending.send_due()
    assert row_by(Channel.WECOM).outcome == Outcome.SENT and provider.keys_given == 1
    assert provider.taken["reader"]["textcard"]["url"].endswith("/en/listings/")
    Delivery.objects.all().delete()
    provider.good_key = "revoked at the other side"
    tell(reader)
    sending.send_due()
    assert row_by(Channel.WECOM).outcome == Outcome.SENT and provider.keys_given == 2


def test_wrong_credentials_are_a_refusal(reader: User, tell, provider: Provider, settings) -> None:
    settings.WECOM_SECRET = "wrong"
    ask_for(reader, Channel.WECOM)
    tell(reader)
    sending.send_due()
    assert row_by(Channel.WECOM).outcome == Outcome.WAITING and "40001" in row_by(Channel.WECOM).error


def test_whoever_gave_no_number_is_not_reached_by_it(reader: User, tell, provider: Provider) -> None:
    ask_for(reader, Channel.SMS)
    User.objects.filter(pk=reader.pk).update(phone="")
    tell(reader)
    sending.send_due()
    assert row_by(Channel.SMS).error == sending.NO_ADDRESS and not provider.taken
