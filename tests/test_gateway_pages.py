"""bot.gateway.pages, .health, .site and bot.web.api: the widget's file, the pages, and what operators ask."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gateway_parts import RasaDouble, Running, gateway, listening, until
from starlette.routing import Route

from bot.gateway.app import create_app
from bot.gateway.errors import CODES
from bot.settings import ROOT, Settings
from bot.web.api import render_api

HTTP = httpx.Client()
DOCUMENTATION = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("gateway.md", "desk.md"))
APP = create_app(Settings(secret="s" * 32))
ROUTES = [
    (method.upper(), path) for path, methods in APP.openapi()["paths"].items() for method in methods
]  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("gateway")) as found:
        until(lambda: found.parts.status.ready)
        yield found


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_is_documented(method: str, path: str) -> None:
    assert f"`{method} {path}`" in DOCUMENTATION


def test_every_route_of_the_app_is_in_its_description() -> None:
    routes = [route for route in APP.routes if isinstance(route, Route)]
    served = {(method, route.path) for route in routes for method in route.methods or ()}
    assert {(method, path) for method, path in served if method != "HEAD"} - {("GET", "/openapi.json")} == set(ROUTES)


@pytest.mark.parametrize("code", CODES)
def test_every_error_is_documented(code: str) -> None:
    assert f"| {CODES[code][0]} | `{code}` |" in DOCUMENTATION


def test_every_refusal_is_in_the_description() -> None:
    described = APP.openapi()["paths"]["/widget/messages"]["post"]["responses"]
    assert set(described) >= {"202", "401", "403", "404", "413", "422", "429", "503"}


def test_the_widget_is_one_file_with_both_languages_and_an_etag(running: Running) -> None:
    url = f"{running.url}/widget/daozhen.js"
    plain = HTTP.get(url, headers={"Accept-Encoding": "identity"})
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "daozhen-chat" in plain.text and "导诊" in plain.text and "120" in plain.text
    assert "max-age=600" in plain.headers["Cache-Control"]
    assert plain.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    zipped = HTTP.get(url, headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.content == plain.content
    assert len(gzip.compress(plain.content)) < 16_000
    again = HTTP.get(url, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert HTTP.get(url, headers={"If-None-Match": '"another"'}).status_code == 200


def test_the_numbers_of_the_settings_go_into_the_widget(tmp_path: Path) -> None:
    with gateway(tmp_path, emergency_number="112") as running:
        assert '"112"' in HTTP.get(f"{running.url}/widget/daozhen.js").text


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9", "zh"),
        ("", "fr,zh;q=0.5", "zh"),
        ("?lang=en", "zh", "en"),
        ("?lang=zh", "", "zh"),
    ],
)
def test_the_page_is_in_the_language_asked_for(running: Running, query: str, accepted: str, language: str) -> None:
    page = HTTP.get(f"{running.url}/{query}", headers={"Accept-Language": accepted})
    assert page.headers["Content-Language"] == language
    assert ("介入" in page.text) == (language == "zh")
    assert f"{running.url}/widget/daozhen.js" in page.text
    assert page.headers["Vary"] == "Accept-Language"


def test_what_comes_with_the_request_is_escaped(running: Running) -> None:
    page = HTTP.get(f"{running.url}/", headers={"Host": 'x"><script>alert(1)</script>'})
    assert "<script>alert(1)" not in page.text


def test_static_files_are_served_and_nothing_else(running: Running) -> None:
    style = HTTP.get(f"{running.url}/static/home.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert (
        HTTP.get(f"{running.url}/static/home.css", headers={"If-None-Match": style.headers["ETag"]}).status_code == 304
    )
    for path in ("/static/", "/static/nothing.css", "/static/../home.py", "/static/%2e%2e/home.py"):
        assert HTTP.get(f"{running.url}{path}").json()["error"] == "not_found", path


def test_the_interface_can_be_read_without_scripts(running: Running) -> None:
    page = HTTP.get(f"{running.url}/docs").text
    for method, path in ROUTES:
        assert f"{method} {path}" in page
    assert "<script" not in page and "http:" not in page and "https:" not in page


def test_what_the_description_says_is_escaped() -> None:
    description = {
        "info": {"title": "<b>"},
        "paths": {"/x": {"get": {"description": "<i>", "responses": {"200": {"description": "<u>"}}}}},
    }
    page = render_api(description)
    assert "<b>" not in page and "<i>" not in page and "<u>" not in page


def test_it_says_that_it_runs_and_that_it_is_ready(running: Running) -> None:
    assert HTTP.get(f"{running.url}/healthz").json() == {"program": "daozhen-gateway"}
    ready = HTTP.get(f"{running.url}/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": True, "rasa": True, "telegram": "off"})


def test_it_says_when_rasa_or_the_database_is_away(tmp_path: Path) -> None:
    rasa = RasaDouble()
    with gateway(tmp_path, rasa) as running:
        away = HTTP.get(f"{running.url}/readyz")
        assert (away.status_code, away.json()) == (503, {"database": True, "rasa": False, "telegram": "off"})
        with listening(rasa.app(), rasa.port):
            until(lambda: HTTP.get(f"{running.url}/readyz").status_code == 200)


def test_a_database_that_does_not_answer_is_said_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with gateway(tmp_path) as running, running.client() as client:
        with running.parts.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE conversations RENAME TO away")
        headers = {"Authorization": f"Bearer {client.token}", "Accept-Language": "zh"}
        answer = HTTP.get(f"{running.url}/widget/messages", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        assert answer.json()["message"] == "现在暂时无法保存消息，请稍后再试。"
        assert int(answer.headers["Retry-After"]) > 0
        with running.parts.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO conversations")
        client.replies(client.send("again"))


def test_counters_count(running: Running) -> None:
    def counter(name: str) -> float:
        lines = HTTP.get(f"{running.url}/metrics").text.splitlines()
        return float(next((line.rsplit(" ", 1)[1] for line in lines if line.startswith(name)), "0"))

    taken, facts = counter('daozhen_messages_total{channel="widget"}'), counter('daozhen_replies_total{kind="fact"}')
    with running.client() as client:
        client.replies(client.send("count me", "once"))
        client.send("count me", "once")
        client.send("chest pain, I cannot breathe")
        HTTP.get(f"{running.url}/widget/messages")
    assert counter('daozhen_messages_total{channel="widget"}') == taken + 2
    assert counter('daozhen_replies_total{kind="fact"}') == facts + 1
    assert counter('daozhen_replies_total{kind="emergency"}') >= 1
    assert counter('daozhen_refusals_total{code="token"}') >= 1
    assert counter("daozhen_answer_seconds_count") >= 1
    assert counter("daozhen_messages_waiting") == 0
    assert counter("daozhen_rasa_ready") == 1


def test_the_gateway_knows_nothing_of_rasa() -> None:
    code = "import sys, bot.gateway.__main__; print({name.split('.')[0] for name in sys.modules} & {'rasa', 'rasa_sdk', 'sanic'})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
