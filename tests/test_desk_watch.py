"""What happens at the desk by the clock."""

from __future__ import annotations

import email
import socketserver
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from desk_parts import desk_of, hire
from gateway_parts import Running, gateway, said, until
from stores import Clock

from bot.cli.stack import free_port
from bot.desk import watch
from bot.desk.services import Desk


class Pager:
    """A real HTTP server that notes what is posted to it."""

    def __init__(self) -> None:
        self.posted: list[bytes] = []
        pager = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                pager.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/alarm"


@pytest.fixture
def pager() -> Iterator[Pager]:
    pager = Pager()
    yield pager
    pager.server.shutdown()
    pager.server.server_close()


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP (RFC 5321) as a client needs that sends a message; what was sent is kept."""

    allow_reuse_address = True

    def __init__(self) -> None:
        self.sent: list[str] = []
        super().__init__(("127.0.0.1", 0), MailHandler)
        Thread(target=self.serve_forever, daemon=True).start()


class MailHandler(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        assert isinstance(self.server, MailServer)
        self.wfile.write(b"220 double\r\n")
        while line := self.rfile.readline().decode():
            if line.upper().startswith("DATA"):
                self.wfile.write(b"354 go on\r\n")
                lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                self.server.sent.append("".join(lines))
            elif line.upper().startswith("QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def running(tmp_path: Path, clock: Clock, pager: Pager, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.05)
    with gateway(tmp_path, clock=clock, desk_webhook_url=pager.url) as running:
        yield running


@pytest.fixture
def desk(running: Running) -> Desk:
    return desk_of(running)


def test_an_emergency_that_nobody_claims_raises_the_alarm_once(
    running: Running, desk: Desk, clock: Clock, pager: Pager
) -> None:
    patient = running.client(language="en")
    patient.send("I cannot breathe, my name is Zhang San")
    (ticket,) = running.store.tickets.inbox()
    clock.move(minutes=4)
    assert watch.look(desk) == []
    clock.move(minutes=2)
    until(lambda: pager.posted)
    until(lambda: "note" in [event.kind for event in running.store.tickets.events(ticket.id)])
    assert [event.kind for event in running.store.tickets.events(ticket.id)] == ["opened", "escalated", "note"]
    assert watch.look(desk) == []
    assert len(pager.posted) == 1
    assert b"Zhang San" not in pager.posted[0]
    assert b'"urgency": "emergency"' in pager.posted[0] or b'"urgency":"emergency"' in pager.posted[0]


def test_other_tickets_raise_no_alarm(running: Running, desk: Desk, clock: Clock) -> None:
    patient = running.client(language="en")
    patient._http.post("/ticket")
    clock.move(minutes=30)
    assert watch.look(desk) == []


def test_an_idle_ticket_goes_back_and_the_patient_is_told(running: Running, desk: Desk, clock: Clock) -> None:
    patient = running.client(language="zh")
    patient._http.post("/ticket")
    (ticket,) = running.store.tickets.inbox()
    running.store.tickets.claim(ticket.id, hire(running, "away").id)
    clock.move(minutes=61)
    until(lambda: running.store.tickets.ticket(ticket.id).state == "open")
    until(lambda: said(patient)[-1]["kind"] == "desk_returned")
    assert patient.read()["mode"] == "bot"


def test_a_patient_whom_nobody_answers_is_told_so_once(running: Running, desk: Desk, clock: Clock) -> None:
    patient = running.client(language="en")
    patient._http.post("/ticket")
    clock.move(minutes=241)
    until(lambda: said(patient)[-1]["kind"] == "desk_nobody")
    assert "120" in said(patient)[-1]["text"]
    watch.look(desk)
    watch.look(desk)
    assert [message["kind"] for message in said(patient)].count("desk_nobody") == 1


def test_an_alarm_is_mailed(tmp_path: Path, clock: Clock, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.05)
    address = f"127.0.0.1:{mail.server_address[1]}"
    with gateway(tmp_path, clock=clock, desk_mail_server=address, desk_mail_to=("duty@hospital.example",)) as running:
        running.client(language="en").send("I cannot breathe, my name is Zhang San")
        (ticket,) = running.store.tickets.inbox()
        clock.move(minutes=6)
        until(lambda: "note" in [event.kind for event in running.store.tickets.events(ticket.id)])
        (sent,) = mail.sent
        message = email.message_from_string(sent)
        assert message["To"] == "duty@hospital.example"
        assert "Zhang San" not in str(message.get_payload(decode=True))
        assert "passed on to DAOZHEN_DESK_MAIL_TO" in running.store.tickets.events(ticket.id)[-1].text


def test_a_mail_server_that_is_away_is_noted(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_AGAIN", 0.05)
    address = f"127.0.0.1:{free_port()}"
    with gateway(tmp_path, clock=clock, desk_mail_server=address, desk_mail_to=("duty@hospital.example",)) as running:
        running.client(language="en").send("I cannot breathe")
        (ticket,) = running.store.tickets.inbox()
        clock.move(minutes=6)
        until(lambda: "note" in [event.kind for event in running.store.tickets.events(ticket.id)])
        assert "could not be passed on" in running.store.tickets.events(ticket.id)[-1].text
