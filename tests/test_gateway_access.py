"""bot.gateway.tokens, .rates, .http: who gets in, from where, how often, with how much."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import jwt
import pytest
from gateway_parts import Running, gateway

from bot.gateway.app import create_app
from bot.gateway.http import LARGEST
from bot.gateway.rates import MOST_KEYS, PerMinute, TooFast
from bot.gateway.tokens import InvalidToken, Tokens
from bot.settings import InvalidSetting, Settings, read_settings

SECRET = "s" * 32
SITE = "https://hospital.example"
HTTP = httpx.Client()


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_token_names_its_conversation() -> None:
    assert Tokens(SECRET, 1).read(Tokens(SECRET, 1).make("c1")) == "c1"


def test_a_token_of_another_secret_or_purpose_is_none() -> None:
    tokens = Tokens(SECRET, 1)
    later = datetime.now(timezone.utc) + timedelta(days=1)
    forged = (
        Tokens("t" * 32, 1).make("c1"),
        jwt.encode({"sub": "c1", "aud": "widget", "exp": later}, SECRET, "HS256"),
        jwt.encode({"sub": "c1", "aud": "widget", "exp": later}, "", "none"),
        "",
        "a.b.c",
    )
    for token in forged:
        with pytest.raises(InvalidToken):
            tokens.read(token)


def test_a_token_ends() -> None:
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    token = Tokens(SECRET, 2, lambda: now).make("c1")
    assert Tokens(SECRET, 2, lambda: now + timedelta(days=2, seconds=-1)).read(token) == "c1"
    with pytest.raises(InvalidToken, match="expired"):
        Tokens(SECRET, 2, lambda: now + timedelta(days=2)).read(token)


def test_a_rate_is_a_sliding_minute() -> None:
    clock = Clock()
    rate = PerMinute(3, clock)
    for _ in range(3):
        rate.count("a")
        clock.seconds += 10
    with pytest.raises(TooFast) as error:
        rate.count("a")
    assert 29 <= error.value.seconds <= 31
    rate.count("b")
    clock.seconds += error.value.seconds
    rate.count("a")


def test_the_memory_of_rates_is_bounded() -> None:
    rate = PerMinute(1, Clock())
    for number in range(MOST_KEYS + 10):
        rate.count(f"{number}")
    assert len(rate._buckets) == MOST_KEYS


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("gateway")
    with gateway(folder, allowed_origins=(SITE,), url_prefix="/desk/chat", trusted_proxies=("127.0.0.0/8",)) as found:
        yield found


def opening(running: Running, **headers: str) -> httpx.Response:
    return HTTP.post(f"{running.url}/widget/conversations", json={}, headers=headers)


def test_an_allowed_site_may_use_it(running: Running) -> None:
    answer = opening(running, Origin=SITE)
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    asked = {"Origin": SITE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    preflight = HTTP.options(f"{running.url}/widget/messages", headers=asked)
    assert preflight.status_code == 200
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"].lower()
    refused = HTTP.get(f"{running.url}/widget/messages", headers={"Origin": SITE})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == SITE


@pytest.mark.parametrize("origin", ["https://other.example", "http://hospital.example", f"{SITE}.evil.example", "null"])
def test_another_site_may_not(running: Running, origin: str) -> None:
    answer = opening(running, Origin=origin)
    assert (answer.status_code, answer.json()["error"]) == (403, "origin")
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = HTTP.options(f"{running.url}/widget/messages", headers=asked)
    assert preflight.status_code == 400
    assert "Access-Control-Allow-Origin" not in preflight.headers


def test_its_own_pages_may(running: Running) -> None:
    own = running.url.removesuffix("/desk/chat")
    assert opening(running, Origin=own).status_code == 201
    assert opening(running).status_code == 201


def test_any_site_may_where_the_setting_says_so(tmp_path: Path) -> None:
    with gateway(tmp_path, allowed_origins=("*",)) as running:
        assert opening(running, Origin="https://anybody.example").headers["Access-Control-Allow-Origin"] == "*"


def test_it_works_under_its_prefix_whether_or_not_the_proxy_takes_it_off(running: Running) -> None:
    bare = running.url.removesuffix("/desk/chat")
    for url in (running.url, bare):
        assert HTTP.post(f"{url}/widget/conversations", json={}).status_code == 201
        assert HTTP.get(f"{url}/healthz").json() == {"program": "daozhen-gateway"}
        page = HTTP.get(f"{url}/")
        assert '"/desk/chat/widget/daozhen.js"' in page.text
        assert f"{running.url}/widget/daozhen.js" in page.text
        assert HTTP.get(f"{url}/static/home.css").status_code == 200
    assert HTTP.get(f"{running.url}/docs").status_code == 200


def test_large_bodies_are_refused_unread(running: Running) -> None:
    with running.client() as client:
        headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
        url = f"{running.url}/widget/messages"

        def chunks() -> Iterator[bytes]:
            for _ in range(20):
                yield b"x" * 1024

        whole = HTTP.post(url, content=b"x" * (LARGEST + 1), headers=headers)
        chunked = HTTP.post(url, content=chunks(), headers=headers)
        for answer in (whole, chunked):
            assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
        assert HTTP.post(url, content=b" " * LARGEST, headers=headers).status_code == 422
        host, port = "127.0.0.1", running.parts.settings.gateway_port
        with socket.create_connection((host, port), timeout=10) as connection:
            connection.sendall(b"POST /widget/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
            assert connection.recv(64).startswith(b"HTTP/1.1 413")


def test_every_response_has_its_security_headers(running: Running) -> None:
    for path in ("/", "/docs", "/widget/daozhen.js", "/widget/messages", "/nothing", "/healthz", "/static/home.css"):
        headers = HTTP.get(f"{running.url}{path}").headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert "server" not in headers, path


def test_one_conversation_is_slowed_down_and_told_for_how_long(tmp_path: Path) -> None:
    with gateway(tmp_path, rate_conversation=3) as running, running.client() as client, running.client() as other:
        for number in range(3):
            client.send(f"{number}")
        headers = {"Authorization": f"Bearer {client.token}", "Accept-Language": "zh"}
        answer = HTTP.post(f"{running.url}/widget/messages", json={"id": "x", "text": "y"}, headers=headers)
        assert (answer.status_code, answer.json()) == (
            429,
            {"error": "too_fast", "message": "您发得有点快，请稍等一下。"},
        )
        assert 50 <= int(answer.headers["Retry-After"]) <= 60
        other.send("not slowed down")
        assert client.read()["messages"]


def test_an_address_is_slowed_down_behind_a_trusted_proxy_the_forwarded_one(tmp_path: Path) -> None:
    with gateway(tmp_path, rate_address=2, trusted_proxies=("127.0.0.1",)) as running:
        for _ in range(2):
            assert opening(running, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 201
        assert opening(running, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 429
        assert opening(running, **{"X-Forwarded-For": "203.0.113.8, 203.0.113.7"}).status_code == 429
        assert opening(running, **{"X-Forwarded-For": "203.0.113.8"}).status_code == 201


def test_a_forwarded_address_from_anybody_else_does_not_count(tmp_path: Path) -> None:
    with gateway(tmp_path, rate_address=2) as running:
        answers = [opening(running, **{"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(3)]
        assert answers == [201, 201, 429]


def test_a_forwarded_scheme_shows_in_the_line_to_copy(running: Running) -> None:
    page = HTTP.get(f"{running.url}/", headers={"X-Forwarded-Proto": "https", "Host": "chat.example"})
    assert "https://chat.example/desk/chat/widget/daozhen.js" in page.text


def test_without_a_secret_it_does_not_start() -> None:
    with pytest.raises(InvalidSetting, match="DAOZHEN_SECRET"):
        create_app(Settings())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAOZHEN_URL_PREFIX", "daozhen"),
        ("DAOZHEN_URL_PREFIX", "/daozhen/"),
        ("DAOZHEN_ALLOWED_ORIGINS", "https://a.example/path"),
        ("DAOZHEN_ALLOWED_ORIGINS", "a.example"),
        ("DAOZHEN_TRUSTED_PROXIES", "proxy"),
        ("DAOZHEN_RASA_URL", "http://rasa:5005/"),
        ("DAOZHEN_SECRET", "short"),
        ("DAOZHEN_RATE_ADDRESS", "0"),
    ],
)
def test_a_setting_that_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        read_settings({name: value})


def test_settings_with_several_values() -> None:
    settings = read_settings(
        {
            "DAOZHEN_ALLOWED_ORIGINS": "https://a.example, http://b.example:8000",
            "DAOZHEN_TRUSTED_PROXIES": "10.0.0.0/8,::1",
        }
    )
    assert settings.allowed_origins == ("https://a.example", "http://b.example:8000")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
