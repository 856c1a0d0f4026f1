"""bot.cli.serve, .secret, .ask, .client, .chat: what `./run` keeps running, and what it says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gateway_parts import gateway, listening, reply, until
from processes import children, runs
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.cli import chat, serve
from bot.cli.ask import gateway_answers, gateway_url, rasa_answers
from bot.cli.processes import ON_LOOPBACK, environment
from bot.cli.secret import shared_secret
from bot.cli.serve import PortTaken, Service, check_ports, where_to_go
from bot.cli.stack import free_port, own_settings, variables
from bot.settings import ROOT, InvalidSetting, Settings


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    secret = shared_secret(Settings(), tmp_path / "var")
    assert len(secret) >= 32
    assert shared_secret(Settings(), tmp_path / "var") == secret
    assert (tmp_path / "var" / "secret").stat().st_mode & 0o777 == 0o600
    assert shared_secret(Settings(), tmp_path / "other") != secret


def test_a_secret_that_is_set_counts(tmp_path: Path) -> None:
    assert shared_secret(Settings(secret="x" * 40), tmp_path) == "x" * 40
    assert not (tmp_path / "secret").exists()


def test_a_broken_secret_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    with pytest.raises(InvalidSetting, match="secret"):
        shared_secret(Settings(), tmp_path)


@contextmanager
def occupied() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.mark.parametrize("which", ["gateway", "rasa", "actions"])
def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path, which: str) -> None:
    with occupied() as port, pytest.raises(PortTaken, match=f"Port {port} .*DAOZHEN_{which.upper()}_PORT"):
        check_ports(own_settings(tmp_path, **{f"{which}_port": port}))


def test_an_address_that_is_not_this_machines_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortTaken, match="DAOZHEN_GATEWAY_HOST"):
        check_ports(own_settings(tmp_path, gateway_host="203.0.113.1"))


def test_free_ports_are_good(tmp_path: Path) -> None:
    check_ports(own_settings(tmp_path))


def test_a_second_daozhen_is_told_apart_from_another_program(tmp_path: Path) -> None:
    with gateway(tmp_path) as running, pytest.raises(PortTaken, match="already running"):
        check_ports(running.parts.settings)


def test_somebody_elses_rasa_is_not_ours(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)

    async def hello(request: object) -> JSONResponse:
        return JSONResponse({"version": "3.6.21"})

    with listening(Starlette(routes=[Route("/", hello)]), settings.rasa_port):
        assert not rasa_answers(settings)
    with gateway(tmp_path) as running:
        assert rasa_answers(running.parts.settings)
        assert gateway_answers(running.parts.settings)
        assert not gateway_answers(settings)


def test_telegram_is_mentioned_where_it_is_on() -> None:
    assert "Telegram" not in where_to_go(Settings())
    lines = where_to_go(Settings(telegram_bot_token="12345:s3cret")).splitlines()
    assert len(lines) == 3
    assert "Telegram" in lines[1] and "s3cret" not in lines[1]


def test_the_address_of_a_gateway_that_listens_everywhere() -> None:
    assert gateway_url(Settings(gateway_host="0.0.0.0", url_prefix="/x")) == "http://127.0.0.1:8080/x"


def service(code: str) -> Service:
    return Service("It", [sys.executable, "-c", textwrap.dedent(code)], dict(os.environ))


def test_what_fails_is_started_again_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "QUICK", 0.05)
    it = service("raise SystemExit(3)")
    it._pause = 0.05
    it.start()
    pauses: list[float] = []
    deadline = time.monotonic() + 30
    while len(set(pauses)) < 4 and time.monotonic() < deadline:
        it.tend()
        pauses.append(it._pause)
        time.sleep(0.01)
    it.stop()
    assert sorted(set(pauses)) == pytest.approx([0.05, 0.1, 0.2, 0.4])
    assert "It has stopped (exit code 3); starting it again." in capsys.readouterr().out


def test_what_is_killed_is_started_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "QUICK", 0.05)
    it = service("import time; time.sleep(60)")
    it.start()
    for _ in range(3):
        assert it._process is not None
        killed = it._process
        killed.kill()
        killed.wait()
        deadline = time.monotonic() + 30
        while it._process is killed and time.monotonic() < deadline:
            it.tend()
            time.sleep(0.01)
        assert it._process is not killed
        assert it._pause == 0.05
    it.stop()


def test_what_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serve, "STOP_PATIENCE", 0.3)
    started = tmp_path / "started"
    it = service(
        f"""
        import pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path({str(started)!r}).touch()
        time.sleep(60)
        """
    )
    it.start()
    until(started.exists)
    it.stop()
    assert it._process is not None and it._process.poll() == -signal.SIGKILL


def test_no_server_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = f"""
        import pathlib, time, os, sys
        from bot.cli.serve import Service
        it = Service("It", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
        it.start()
        pathlib.Path({str(told)!r}).write_text(str(it._process.pid))
        time.sleep(60)
        """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT)
    until(lambda: told.exists() and told.read_text())
    child = int(told.read_text())
    parent.kill()
    parent.wait()
    until(lambda: not runs(child))


def test_chat_shows_sources_and_presses_buttons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with gateway(tmp_path) as running:
        running.rasa.answers["beds"] = [
            reply(
                "56 beds.",
                source={"text": "Source: the page.", "department": "ir"},
                buttons=[{"title": "More", "payload": "m"}],
            )
        ]
        lines = iter(["beds", "1", "x" * 1001, ""])
        monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
        monkeypatch.setattr(chat, "read_settings", lambda: running.parts.settings)
        assert chat.main([]) == 0
    printed = capsys.readouterr().out
    assert "56 beds.\nSource: the page.\n  [1] More\n" in printed
    assert "echo: m" in printed
    assert "at most 1,000 characters" in printed


def test_chat_says_where_nothing_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(chat, "read_settings", lambda: Settings(gateway_port=free_port()))
    assert chat.main([]) == 1
    assert "./run" in capsys.readouterr().err


@pytest.mark.slow
def test_run_answers_within_seconds_starts_again_what_dies_and_stops(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    log = tmp_path / "log"
    surroundings = environment(**ON_LOOPBACK, **variables(settings))
    with log.open("wb") as output:
        run = subprocess.Popen([sys.executable, "-m", "bot"], cwd=ROOT, env=surroundings, stdout=output, stderr=output)
    try:
        until(lambda: gateway_answers(settings), 60)
        until(lambda: "./run chat" in log.read_text(), 10)
        (first,) = [pid for pid, command in children(run.pid).items() if "bot.gateway" in command]
        os.kill(first, signal.SIGKILL)
        until(lambda: "The gateway has stopped (signal 9); starting it again." in log.read_text())
        until(lambda: gateway_answers(settings), 60)
        until(lambda: "The assistant is ready." in log.read_text(), 180)
        second = subprocess.run(
            [sys.executable, "-m", "bot"], cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=60
        )
        assert (second.returncode, second.stdout) == (1, "")
        assert "already running" in second.stderr
        servers = children(run.pid)
    finally:
        run.terminate()
        assert run.wait(60) == 0
    assert len(servers) == 3
    assert not any(runs(pid) for pid in servers)
    assert "Traceback" not in log.read_text()
