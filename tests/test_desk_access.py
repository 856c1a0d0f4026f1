"""Who gets into the desk: every route and role, cookies, CSRF, signing in as an attacker would try it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from desk_parts import PASSWORD, Member, desk, desk_of, hire, member, wish
from gateway_parts import Running, until

OPEN_TO_ALL = {
    ("GET", "/desk/login"),
    ("POST", "/desk/login"),
    ("GET", "/desk/link/{token}"),
    ("POST", "/desk/link/{token}"),
}
LEAD = {
    ("GET", "/desk/accounts"),
    ("GET", "/desk/api/accounts"),
    ("POST", "/desk/api/accounts"),
    ("PATCH", "/desk/api/accounts/{account}"),
    ("POST", "/desk/api/accounts/{account}/link"),
    ("DELETE", "/desk/api/accounts/{account}/sessions"),
    ("DELETE", "/desk/api/conversations/{conversation}"),
    ("GET", "/desk/api/conversations/{conversation}/export"),
}
BODIES = {
    "/desk/api/me": {"language": "en"},
    "/desk/api/accounts": {"name": "new.one"},
    "/desk/api/ask": {"text": "How many beds?"},
    "/desk/api/ask/ticket": {"text": "Where is the lift?"},
    "/desk/api/facts/wrong": {"department": "none", "path": "none", "text": "No."},
    "/desk/api/tickets/{ticket}/reply": {"text": "Hello"},
    "/desk/api/tickets/{ticket}/note": {"text": "Hello"},
    "/desk/api/tickets/{ticket}/urgency": {"urgency": "service"},
    "/desk/api/tickets/{ticket}/close": {"outcome": "answered"},
    "/desk/api/tickets/{ticket}/assign": {"to": "nobody"},
    "/desk/api/teach": {"conversation": "none", "seq": 1, "intent": "greet"},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with desk(tmp_path_factory.mktemp("desk")) as running:
        yield running


def routes(running: Running) -> list[tuple[str, str]]:
    """Every route of the desk, from the OpenAPI list, as method and path."""
    paths = httpx.get(f"{running.url}/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() if path.startswith("/desk") for method in methods]


def ask(running: Running, method: str, path: str, cookie: str = "", csrf: str = "") -> httpx.Response:
    """Call a route; the event streams are left as soon as they have begun."""
    place = path.replace("{review}", "7").replace("{", "").replace("}", "")
    headers = {b"X-Daozhen-Csrf": csrf.encode(), b"Cookie": f"daozhen_desk={cookie}".encode()}
    body = BODIES.get(path) if method != "GET" else None
    query = {"text": "x"} if path == "/desk/api/search" else {}
    with httpx.stream(method, f"{running.url}{place}", headers=headers, json=body, params=query, timeout=20) as answer:
        if "event-stream" not in answer.headers.get("Content-Type", ""):
            answer.read()
        return answer


def test_every_route_is_known(running: Running) -> None:
    found = set(routes(running))
    assert found >= OPEN_TO_ALL | LEAD
    assert len(found) > 25


def test_nobody_gets_in_without_a_session(running: Running) -> None:
    for method, path in routes(running):
        if (method, path) in OPEN_TO_ALL:
            continue
        for cookie in ("", "made-up"):
            answer = ask(running, method, path, cookie)
            if path.startswith("/desk/api"):
                assert (answer.status_code, answer.json()["error"]) == (401, "session"), path
            else:
                assert answer.status_code == 303, path
                assert answer.headers["Location"].startswith("/desk/login?next=/desk/"), path


def test_staff_get_everywhere_but_where_leads_do(running: Running) -> None:
    nurse = member(running, "nurse")
    cookie = nurse.http.cookies["daozhen_desk"]
    for method, path in routes(running):
        if (method, path) in OPEN_TO_ALL or path == "/desk/api/logout":
            continue
        answer = ask(running, method, path, cookie, nurse.csrf)
        if (method, path) in LEAD:
            assert (answer.status_code, answer.json()["error"]) == (403, "role"), path
        else:
            assert answer.status_code not in (401, 403, 405, 422, 500), (method, path, answer.status_code)


def test_nothing_is_changed_without_the_csrf_token(running: Running) -> None:
    boss, other = member(running, "boss", "lead"), member(running, "other.boss", "lead")
    cookie = boss.http.cookies["daozhen_desk"]
    for method, path in routes(running):
        if method == "GET" or (method, path) in OPEN_TO_ALL:
            continue
        for csrf in ("", other.csrf, "é"):
            answer = ask(running, method, path, cookie, csrf)
            assert (answer.status_code, answer.json()["error"]) == (403, "csrf"), path


def test_a_page_of_another_site_cannot_sign_in(running: Running) -> None:
    hire(running, "victim")
    form = {"name": "victim", "password": PASSWORD}
    answer = httpx.post(f"{running.url}/desk/login", data=form, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_the_cookie(tmp_path: Path) -> None:
    with desk(tmp_path, desk_plain_http=False, url_prefix="/daozhen") as running:
        hire(running, "li.na")
        form = {"name": "li.na", "password": PASSWORD}
        answer = httpx.post(f"{running.url}/desk/login", data=form)
        cookie = answer.headers["Set-Cookie"]
        for part in ("HttpOnly", "SameSite=strict", "Secure", "Path=/daozhen/desk"):
            assert part in cookie
        assert answer.headers["Location"] == "/daozhen/desk/"


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ("/desk/ask", "/desk/ask"),
        ("https://evil.example/desk/", "/desk/"),
        ("//evil.example/desk/", "/desk/"),
        ("/desk/\r\nSet-Cookie: a=b", "/desk/"),
        ("/widget/", "/desk/"),
    ],
)
def test_signing_in_leads_to_the_desk_alone(running: Running, wanted: str, where: str) -> None:
    name = f"next{abs(hash(wanted)) % 10_000}"
    hire(running, name)
    assert Member(running.url).sign_in(name, next=wanted).headers["Location"] == where


def test_a_session_is_made_anew_at_every_sign_in(running: Running) -> None:
    hire(running, "fixed")
    person = Member(running.url)
    chosen = {"Cookie": "daozhen_desk=chosen-by-an-attacker"}
    form = {"name": "fixed", "password": PASSWORD}
    answer = person.http.post(f"{running.url}/desk/login", data=form, headers=chosen)
    assert answer.status_code == 303
    assert "chosen-by-an-attacker" not in answer.headers["Set-Cookie"]
    assert httpx.get(f"{running.url}/desk/api/me", headers=chosen).status_code == 401


def test_unknown_names_and_wrong_passwords_look_the_same(tmp_path: Path) -> None:
    with desk(tmp_path) as running:
        hire(running, "known")
        times, pages = {}, set()
        for name in ("known", "unknown"):
            started = time.perf_counter()
            answer = Member(running.url).sign_in(name, "wrong")
            times[name] = time.perf_counter() - started
            pages.add((answer.status_code, answer.text.replace(name, "")))
        assert len(pages) == 1
        assert 0.2 < times["known"] / times["unknown"] < 5


def test_throttled(tmp_path: Path) -> None:
    with desk(tmp_path) as running:
        hire(running, "li.na")
        person = Member(running.url, "zh")
        for _ in range(5):
            assert person.sign_in("li.na", "wrong").status_code == 401
        answer = person.sign_in("li.na")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 900
        assert "请15分钟后再试" in answer.text


def test_a_link_lets_one_choose_a_password_once(running: Running) -> None:
    boss = member(running, "linking.boss", "lead")
    link = boss.do("/accounts", name="newcomer", display_name="New").json()["link"]
    person = Member(running.url, "zh")
    assert "newcomer" in person.http.get(f"{running.url}{link}").text
    assert person.http.post(f"{running.url}{link}", data={"password": "short"}).status_code == 422
    assert person.http.post(f"{running.url}{link}", data={"password": PASSWORD}).status_code == 303
    assert person.get("/me").json()["name"] == "newcomer"
    assert person.http.get(f"{running.url}{link}").status_code == 404
    assert person.http.post(f"{running.url}{link}", data={"password": PASSWORD}).status_code == 404


def test_signing_out_and_being_shut_out(running: Running) -> None:
    boss, nurse = member(running, "strict.boss", "lead"), member(running, "leaving")
    assert nurse.do("/logout").status_code == 204
    assert nurse.get("/me").status_code == 401
    nurse.sign_in("leaving")
    mine = nurse.get("/me").json()["id"]
    assert boss.do(f"/accounts/{mine}", "PATCH", disabled=True).status_code == 204
    assert nurse.get("/me").status_code == 401
    assert Member(running.url).sign_in("leaving").status_code == 401


def test_an_open_stream_ends_with_its_session(running: Running) -> None:
    nurse = member(running, "streaming")
    with nurse.http.stream("GET", f"{running.url}/desk/api/events") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event")) == "event: changed"
        desk_of(running).sessions.end_all(nurse.get("/me").json()["id"])
        assert "event: over" in list(lines)


def test_what_is_done_stands_in_the_audit(running: Running) -> None:
    nurse = member(running, "audited")
    patient, ticket = wish(running)
    nurse.get(f"/tickets/{ticket}")
    nurse.do(f"/tickets/{ticket}/claim")
    nurse.do(f"/tickets/{ticket}/reply", text="Behind the main building.")
    nurse.get("/search", text="park")
    nurse.do(f"/tickets/{ticket}/close", outcome="answered")
    entries = desk_of(running).audit.entries(account="audited")
    assert [entry.action for entry in entries][::-1] == ["sign_in", "look", "claim", "reply", "search", "close"]
    assert "main building" not in str(entries)
    until(lambda: "desk_closed" in str(patient.read()))
