"""Members of staff at a gateway that runs in this process: each signs in over HTTP, as a browser does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from gateway_parts import PATIENCE, RasaDouble, Running, gateway

from bot.cli.client import WidgetClient
from bot.desk.accounts import Account, Role
from bot.desk.services import Desk

PASSWORD = "a long enough password"


def desk_of(running: Running) -> Desk:
    """The desk of a running gateway."""
    found: Desk = running.app.state.desk
    return found


def hire(running: Running, name: str, role: Role = "staff") -> Account:
    """A new account with PASSWORD, shown to patients by its capitalised name."""
    accounts = desk_of(running).accounts
    account = accounts.add(name, role, name.capitalize())
    accounts.set_password(account.id, PASSWORD)
    return account


class Member:
    """Somebody at the desk."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.url = url
        self.http = httpx.Client(timeout=PATIENCE, headers={"Accept-Language": language}, follow_redirects=False)
        self.csrf = ""

    def sign_in(self, name: str, password: str = PASSWORD, next: str = "") -> httpx.Response:
        """Fill in the page."""
        form = {"name": name, "password": password, "next": next}
        answer = self.http.post(f"{self.url}/desk/login", data=form)
        if answer.status_code == 303:
            self.csrf = self.get("/me").json()["csrf"]
        return answer

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        """Ask the JSON interface."""
        return self.http.get(f"{self.url}/desk/api{path}", params=query)

    def page(self, path: str = "/") -> httpx.Response:
        """A page."""
        return self.http.get(f"{self.url}/desk{path}")

    def do(self, path: str, method: str = "POST", /, **body: Any) -> httpx.Response:
        """Change something."""
        headers = {"X-Daozhen-Csrf": self.csrf}
        return self.http.request(method, f"{self.url}/desk/api{path}", headers=headers, json=body or None)


def member(running: Running, name: str, role: Role = "staff", language: str = "en") -> Member:
    """Somebody who has an account and is signed in."""
    hire(running, name, role)
    found = Member(running.url, language)
    answer = found.sign_in(name)
    assert answer.status_code == 303, answer.text
    return found


@contextmanager
def desk(folder: Path, rasa: RasaDouble | None = None, **settings: Any) -> Iterator[Running]:
    """A gateway whose desk may be used over plain HTTP."""
    with gateway(folder, rasa, **{"desk_plain_http": True, **settings}) as running:
        yield running


def wish(running: Running, text: str = "Where can I park?") -> tuple[WidgetClient, str]:
    """A patient who has asked for a person: the client, and the ticket's id."""
    patient = running.client(language="en")
    patient.send(text)
    headers = {"Authorization": f"Bearer {patient.token}"}
    httpx.post(f"{running.url}/widget/ticket", headers=headers, timeout=PATIENCE).raise_for_status()
    mine = (ticket.id for ticket in running.store.tickets.inbox() if ticket.conversation == patient.conversation)
    return patient, next(mine)


def stripped(html: str) -> str:
    """A page's words."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
