"""bot.cli and bot.settings: what a person at the terminal gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli import main, train
from bot.cli.examples import FEWEST, problems
from bot.cli.processes import write_credentials, write_endpoints
from bot.language.examples import Example
from bot.settings import InvalidSetting, Settings, read_settings


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["help"]) == 0
    printed = capsys.readouterr().out
    assert all(verb in printed for verb in main.VERBS)


def test_unknown_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["dance"]) == 2
    assert '"dance" is not a verb' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAOZHEN_RASA_PORT", "x"),
        ("DAOZHEN_RASA_PORT", "0"),
        ("DAOZHEN_ACTIONS_PORT", "70000"),
        ("DAOZHEN_WINDOW_TURNS", "1.5"),
        ("TELEGRAM_BOT_TOKEN", "not a token"),
        ("DAOZHEN_TELEGRAM_WEBHOOK_URL", "hospital.example"),
        ("DAOZHEN_TELEGRAM_API_BASE", ""),
        ("DAOZHEN_TELEGRAM_PROXY", "10.0.0.7:3128"),
        ("DAOZHEN_DESK_HOURS", "mon-fri 8-17"),
        ("DAOZHEN_DESK_TARGETS", "1,10,15"),
        ("DAOZHEN_DESK_TARGETS", "1,10,15,soon"),
    ],
)
def test_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        read_settings({name: value})


def test_settings_are_read() -> None:
    assert read_settings({"DAOZHEN_RASA_PORT": "6000", "OTHER": "x"}).rasa_port == 6000
    assert read_settings({}) == Settings()
    assert read_settings({"DAOZHEN_DESK_HOURS": "mon 08:00-12:00, tue 08:00-12:00"}).desk_hours[1] == "tue 08:00-12:00"


def test_endpoints_get_the_port(tmp_path: Path) -> None:
    written = write_endpoints(Settings(actions_port=6055), tmp_path).read_text(encoding="utf-8")
    assert "127.0.0.1:6055/webhook" in written
    assert "bot.rasa.nlg.ReplyGenerator" in written


def test_endpoints_hold_no_secret(tmp_path: Path) -> None:
    """Rasa puts it in from its environment; without one the action server is open, as in any Rasa project."""
    written = write_endpoints(Settings(secret="s3cret"), tmp_path).read_text(encoding="utf-8")
    assert "Authorization: Bearer ${DAOZHEN_SECRET}\n" in written
    assert "s3cret" not in written
    assert "Authorization" not in write_endpoints(Settings(), tmp_path).read_text(encoding="utf-8")


def test_only_our_channel_is_served(tmp_path: Path) -> None:
    assert write_credentials(tmp_path).read_text(encoding="utf-8").split() == ["bot.rasa.connector.DaozhenInput:"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAOZHEN_SECRET", 6 * "s3cret"),
        ("TELEGRAM_BOT_TOKEN", "12345:s3cret"),
        ("DAOZHEN_TELEGRAM_PROXY", "http://user:s3cret@10.0.0.7:3128"),
    ],
)
def test_secrets_are_not_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert main.main(["settings"]) == 0
    assert f"{name}=" in (printed := capsys.readouterr().out)
    assert "s3cret" not in printed


def test_a_wrong_token_is_not_printed() -> None:
    with pytest.raises(
        InvalidSetting, match="^TELEGRAM_BOT_TOKEN is not usable; it must be as BotFather gives it: [^3]*$"
    ):
        read_settings({"TELEGRAM_BOT_TOKEN": "s3cret"})
    assert "s3cret" not in repr(read_settings({"TELEGRAM_BOT_TOKEN": "12345:s3cret"}))


def test_a_model_without_a_stamp_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "MODELS", tmp_path)
    assert train.is_stale()
    (tmp_path / "x.tar.gz").touch()
    assert train.is_stale()
    (tmp_path / train.STAMP).write_text(train.inputs_digest())
    assert not train.is_stale()


def test_examples_that_are_templates_are_found() -> None:
    lines = [f"how many beds are there in room {number} of the ward please" for number in range(FEWEST)]
    found = "\n".join(problems([Example("en", "ask_beds", line) for line in lines]))
    assert "share" in found
    assert "out of balance" in found


def test_a_repeated_example_is_found() -> None:
    found = "\n".join(problems([Example("en", "ask_beds", "Beds?"), Example("zh", "inform", "beds?")]))
    assert "stands in ask_beds and again in inform" in found
    assert f"{FEWEST} are the fewest" in found
