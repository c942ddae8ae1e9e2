"""Outgoing webhooks: verified by the published library, kept off private machines, retried, replayed, switched off."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import transaction
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from marketplace.accounts.roles import Role
from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.models import Event
from marketplace.notifications import handover, service
from marketplace.notifications.models import Outcome, WebhookAttempt, WebhookEndpoint, WebhookMessage
from marketplace.notifications.webhooks import egress, endpoints, messages, signing
from tests import cast
from tests.builders import joins
from tests.notifications.conftest import USUAL

pytestmark = pytest.mark.django_db
PUBLIC = "93.184.215.14"


class Receiver(ThreadingHTTPServer):
    """An organisation's own system: keeps what it was told, answers as a test says."""

    daemon_threads = True

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.dawdles_s = 0.0
        self.certificate, key = a_certificate(directory)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.certificate, key)
        self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/told?by=market"

    def handle_error(self, request, client_address) -> None:
        """A sender that hangs up is part of what is tested."""


class Door(BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, *args: object) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.dawdles_s:
            self.send_header("Content-Length", "100")
            self.end_headers()
            for _n in range(100):
                self.wfile.write(b".")
                time.sleep(self.server.dawdles_s)
            return
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"secret")


def a_certificate(directory: Path) -> tuple[str, str]:
    """A self-signed pair for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = directory / "cert.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(certificate), str(private)


@pytest.fixture
def receiver(settings, tmp_path: Path) -> Iterator[Receiver]:
    server = Receiver(tmp_path)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.WEBHOOK_CA_FILE = server.certificate
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ines(db: None) -> cast.Part:
    return cast.ines()


@pytest.fixture
def endpoint(ines: cast.Part, receiver: Receiver, audience) -> WebhookEndpoint:
    audience.append(ines.person)
    return endpoints.begin(url=receiver.url, themes=[], by=ines.actor)


def happen(subject, kind: str = USUAL) -> Event:
    with transaction.atomic():
        event = events.record(kind, subject, by=SYSTEM)
        messages.queue([event])
    return event


def test_the_published_library_verifies_what_we_send(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    event = happen(ines.organisation)
    assert messages.send_due() == 1
    [(headers, body)] = receiver.taken
    told = Webhook(signing.secret_of(endpoint)).verify(body, headers)
    assert told["type"] == USUAL and told["data"]["event"] == event.pk
    assert told["data"]["organisation"] == ines.organisation.pk and told["data"]["url"].endswith("/listings/")
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.secret_of(endpoint)).verify(body.replace(b"negotiation", b"negotiatioN"), headers)
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.error) == (200, "")


def test_after_a_change_of_secret_both_verify_for_a_day(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    old = signing.secret_of(endpoint)
    new = signing.secret_of(endpoints.rotate(endpoint_id=endpoint.pk, by=ines.actor))
    happen(ines.organisation)
    messages.send_due()
    headers, body = receiver.taken[0]
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)
    endpoint.refresh_from_db()
    later = signing.headers(endpoint, "msg_1", b"{}", clock.now() + timedelta(days=1, minutes=1))
    assert len(later["webhook-signature"].split()) == 1


def test_the_same_event_is_told_once_and_only_what_was_asked_for(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(themes=["deals"])
    messages.queue([happen(ines.organisation)])
    assert not WebhookMessage.objects.exists()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(themes=["talks", "deals"])
    event = happen(ines.organisation)
    messages.queue([event])
    assert WebhookMessage.objects.count() == 1


def test_a_person_of_two_organisations_carries_nothing_from_one_to_the_other(
    ines: cast.Part, receiver: Receiver, endpoint, audience
) -> None:
    bo = cast.bo()
    joins(ines.person, bo.organisation, [Role.STAFF])
    happen(bo.organisation)
    assert not WebhookMessage.objects.exists()
    happen(ines.organisation)
    assert WebhookMessage.objects.count() == 1


def test_whoever_may_no_longer_see_it_is_not_told(ines: cast.Part, receiver: Receiver, endpoint, audience) -> None:
    happen(ines.organisation)
    audience.clear()
    assert messages.send_due() == 0 and not receiver.taken
    assert WebhookMessage.objects.get().outcome == Outcome.DROPPED


def test_a_redirect_is_not_followed_and_the_answer_not_kept(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    receiver.answers.append((302, {"Location": receiver.url}))
    happen(ines.organisation)
    assert messages.send_due() == 0 and len(receiver.taken) == 1
    row = WebhookMessage.objects.get()
    assert row.error == "HTTP 302" and row.outcome == Outcome.WAITING
    page = ines.signed_in().get(f"/en/workspace/webhooks/{endpoint.pk}/").content.decode()
    assert "302" in page and "secret" not in page.replace("New secret", "").replace("/secret/", "")


@pytest.mark.parametrize(
    "url",
    [
        *("http://93.184.215.14/", "ftp://93.184.215.14/", "https://", "https://u:p@93.184.215.14/", "https://a b/"),
        *("https://127.0.0.1/", "https://[::1]/", "https://10.0.0.8/", "https://169.254.169.254/latest/"),
        *(
            "https://100.64.0.1/",
            "https://192.168.1.1/",
            "https://0.0.0.0/",
            "https://224.0.0.1/",
            "https://[fe80::1]/",
        ),
        *(
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[fc00::1]/",
        ),
        *("https://2130706433/", "https://0x7f.1/", "https://localhost/", "https://93.184.215.14:99999/"),
    ],
)
def test_addresses_off_the_public_network_are_refused(ines: cast.Part, url: str) -> None:
    with pytest.raises(egress.AddressRefused):
        endpoints.begin(url=url, themes=[], by=ines.actor)
    assert not WebhookEndpoint.objects.exists()


def test_a_name_that_answers_differently_later_reaches_nothing_private(ines: cast.Part, audience, monkeypatch) -> None:
    """Rebinding: public when it was entered and when it is judged; private a moment later, and at the next try."""
    answers, asked, connected = [PUBLIC, PUBLIC, "127.0.0.1"], [], []

    def resolve(host, port, **kwargs):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0) if answers else "10.0.0.1", port))]

    def connect(address, **kwargs):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(egress.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(egress.socket, "create_connection", connect)
    audience.append(ines.person)
    endpoints.begin(url="https://rebinding.test/x", themes=[], by=ines.actor)
    happen(ines.organisation)
    messages.send_due()
    assert connected == [(PUBLIC, 443)] and len(asked) == 2  # resolved once a try; the judged address is the one used
    WebhookMessage.objects.update(due_at=None)
    messages.send_due()
    assert connected == [(PUBLIC, 443)]
    assert "webhook_address_refused" in WebhookMessage.objects.get().error


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch) -> None:
    both = [(2, 1, 6, "", (PUBLIC, 443)), (2, 1, 6, "", ("10.1.2.3", 443))]
    monkeypatch.setattr(egress.socket, "getaddrinfo", lambda *args, **kwargs: both)
    with pytest.raises(egress.AddressRefused):
        egress.judged("https://mixed.test/")


def test_a_certificate_of_somebody_else_is_no_receiver(ines: cast.Part, receiver: Receiver, endpoint, settings) -> None:
    settings.WEBHOOK_CA_FILE = ""
    happen(ines.organisation)
    assert messages.send_due() == 0 and not receiver.taken
    assert WebhookAttempt.objects.get().error == "SSLCertVerificationError"


def test_a_receiver_that_dawdles_is_cut_off(ines: cast.Part, receiver: Receiver, endpoint, monkeypatch) -> None:
    monkeypatch.setattr(egress, "MOST_S", 0.5)
    receiver.dawdles_s = 0.1
    happen(ines.organisation)
    begun = time.monotonic()
    assert messages.send_due() == 0
    assert time.monotonic() - begun < 5
    assert WebhookAttempt.objects.get().error == "time ran out"


def test_failures_come_back_later_and_at_last_are_parked_and_replayed(
    ines: cast.Part, receiver: Receiver, endpoint
) -> None:
    happen(ines.organisation)
    moment = clock.now()
    for wait in [*messages.WAITS, timedelta(0)]:
        receiver.answers.append((500, {}))
        with clock.at(moment):
            assert messages.send_due() == 0 and messages.send_due() == 0
        moment += wait * 1.1 + timedelta(seconds=1)
    row = WebhookMessage.objects.get()
    assert row.outcome == Outcome.PARKED and len(receiver.taken) == len(messages.WAITS) + 1
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    with pytest.raises(NotPermitted):
        joins(bo := cast.bo().person, ines.organisation, [Role.STAFF])
        endpoints.replay(message_ids=[row.pk], by=cast.Part(bo, ines.organisation).actor)
    assert endpoints.replay(message_ids=[row.pk], by=cast.stranger().actor) == 0
    assert endpoints.replay(message_ids=[row.pk], by=ines.actor) == 1
    assert messages.send_due() == 1


def test_a_busy_receiver_names_its_own_wait(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    receiver.answers.append((429, {"Retry-After": "1800"}))
    happen(ines.organisation)
    with clock.at(clock.now()) as now:
        messages.send_due()
        due = WebhookMessage.objects.get().due_at
    assert due == now + timedelta(seconds=1800)


def test_one_failing_endpoint_holds_up_no_other(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    other = endpoints.begin(url=receiver.url + "&other", themes=[], by=ines.actor)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url="https://127.0.0.1:1/")
    happen(ines.organisation)
    happen(ines.organisation)
    assert messages.send_due() == 2
    assert set(WebhookMessage.objects.filter(outcome=Outcome.SENT).values_list("endpoint", flat=True)) == {other.pk}
    assert WebhookAttempt.objects.filter(message__endpoint=endpoint).count() == 1


def test_a_receiver_that_is_gone_or_fails_for_days_is_switched_off(
    ines: cast.Part, receiver: Receiver, endpoint
) -> None:
    receiver.answers.append((410, {}))
    happen(ines.organisation)
    messages.send_due()
    endpoint.refresh_from_db()
    assert endpoint.disabled_why == "gone" and Event.objects.filter(kind="webhook_endpoint.disable").count() == 1
    happen(ines.organisation)
    assert WebhookMessage.objects.count() == 1  # nothing more is queued
    endpoints.enable(endpoint_id=endpoint.pk, by=ines.actor)
    WebhookEndpoint.objects.update(failing_since=clock.now() - messages.GIVEN_UP_AFTER)
    receiver.answers.append((500, {}))
    happen(ines.organisation)
    WebhookMessage.objects.update(due_at=None)
    messages.send_due()
    endpoint.refresh_from_db()
    assert endpoint.disabled_why == "failing"


def test_a_success_ends_a_row_of_failures(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    WebhookEndpoint.objects.update(failing_since=clock.now() - timedelta(days=4))
    happen(ines.organisation)
    messages.send_due()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_a_process_that_dies_while_sending_sends_again_under_the_same_id(
    ines: cast.Part, receiver: Receiver, endpoint, monkeypatch
) -> None:
    happen(ines.organisation)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(messages, "_try", lambda row: (_ for _ in ()).throw(KeyboardInterrupt()))
        messages.send_due()
    with clock.at(clock.now() + handover.DOUBTFUL_AFTER + timedelta(minutes=1)):
        messages.send_due()
        with clock.at(clock.now() + handover.FIRST_WAIT):
            assert messages.send_due() == 1
    assert WebhookMessage.objects.get().unknown_since is not None


def test_the_pages_add_try_and_remove(ines: cast.Part, receiver: Receiver) -> None:
    browser = ines.signed_in()
    made = browser.post("/en/workspace/webhooks/", {"url": receiver.url, "themes": ["talks"]})
    endpoint = WebhookEndpoint.objects.get()
    assert signing.secret_of(endpoint) in made.content.decode()
    listed = browser.get("/en/workspace/webhooks/").content.decode()
    assert receiver.url.replace("&", "&amp;") in listed and signing.secret_of(endpoint) not in listed
    again = browser.post("/en/workspace/webhooks/", {"url": receiver.url})
    assert again.status_code == 422 and "already" in again.content.decode()
    browser.post(f"/workspace/webhooks/{endpoint.pk}/test/")
    assert messages.send_due() == 1 and json.loads(receiver.taken[0][1])["type"] == "webhook.test"
    message = WebhookMessage.objects.get()
    browser.post(f"/workspace/webhooks/{endpoint.pk}/replay/", {"id": [message.pk, "x", "9" * 40]})
    assert messages.send_due() == 1
    rotated = browser.post(f"/en/workspace/webhooks/{endpoint.pk}/secret/").content.decode()
    endpoint.refresh_from_db()
    assert signing.secret_of(endpoint) in rotated
    browser.post(f"/workspace/webhooks/{endpoint.pk}/end/")
    assert browser.get(f"/workspace/webhooks/{endpoint.pk}/").status_code == 404
    told = {event.kind for event in Event.objects.filter(kind__startswith="webhook_endpoint.")}
    assert told == {"webhook_endpoint.begin", "webhook_endpoint.rotate", "webhook_endpoint.end"}


def test_every_owner_hears_of_a_new_webhook_also_the_one_who_added_it(ines: cast.Part, receiver: Receiver) -> None:
    endpoints.begin(url=receiver.url, themes=[], by=ines.actor)
    service.deliver(list(Event.objects.filter(kind="webhook_endpoint.begin")))
    [told] = service.inbox(ines.person.pk)
    assert "127.0.0.1" in service.sentence_of(told) and service.has_effect(told)


def test_others_neither_see_nor_touch_it(ines: cast.Part, receiver: Receiver, endpoint) -> None:
    stranger = cast.stranger()
    with pytest.raises(NotFound):
        endpoints.rotate(endpoint_id=endpoint.pk, by=stranger.actor)
    assert stranger.signed_in().get(f"/workspace/webhooks/{endpoint.pk}/").status_code == 404
