"""./run teach: what is accepted is learnt, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import regression, teach
from bot.cli.regression import Report, losses
from bot.cli.teach import Lesson, trained
from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.store import Store
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import Wakeups
from bot.desk.accounts import Accounts
from bot.desk.audit import Audit
from bot.desk.reviews import Reviews
from bot.language.examples import FOLDER, Example, add_taught, read_examples

KNOWN = read_examples()[0].text
SOME = 5
"""Examples of each intent and language that a model for a test is trained on."""


class Desk:
    """A review list, and what becomes of it."""

    def __init__(self, address: str) -> None:
        self.engine = connect(address)
        migrate(self.engine)
        transactions = Transactions(self.engine, Wakeups())
        self.store = Store(self.engine, Wakeups())
        self.reviews, self.audit = Reviews(transactions), Audit(transactions)
        self.staff = Accounts(transactions).add("li.na", display_name="Li Na")

    def propose(self, text: str, intent: str = "ask_beds") -> int:
        conversation = self.store.open("widget")
        self.store.accept(conversation.id, "m", text, text)
        self.reviews.propose(conversation.id, 1, intent, self.staff.id)
        return self.reviews.all()[-1].id

    def states(self) -> dict[str, str]:
        return {found.text: found.state for found in self.reviews.all(("proposed", "accepted", "rejected", "taught"))}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    address = f"sqlite:///{tmp_path / 'x.sqlite'}"
    monkeypatch.setenv("DAOZHEN_DATABASE_URL", address)
    found = Desk(address)
    yield found
    found.engine.dispose()


def test_the_list_is_printed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    number = desk.propose("bed count pls")
    assert teach.main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert all(part in printed for part in (str(number), "ask_beds", "bed count pls", "Li Na"))
    assert desk.states() == {"bed count pls": "proposed"}


def test_a_number_that_is_not_on_the_list_is_named(desk: Desk) -> None:
    desk.propose("bed count pls")
    with pytest.raises(SystemExit, match="99 is not on the list"):
        teach.main(["--accept", "99"])
    assert desk.states() == {"bed count pls": "proposed"}


def test_what_is_rejected_or_known_is_not_taught(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    rejected, known = desk.propose("eh?"), desk.propose(KNOWN.upper())
    assert teach.main(["--reject", str(rejected), "--accept", str(known)]) == 0
    assert set(desk.states().values()) == {"rejected"}
    assert f"{known} is an example already" in capsys.readouterr().out


@pytest.mark.parametrize(("lost", "state", "code"), [([], "taught", 0), (["the story x fails now"], "proposed", 1)])
def test_what_is_accepted_is_taught_unless_something_is_lost(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lost: list[str],
    state: str,
    code: int,
) -> None:
    learnt: list[Example] = []

    def learn(lesson: Lesson, model: Path) -> list[str]:
        learnt.extend(lesson.taught)
        return lost

    monkeypatch.setattr(teach, "is_stale", lambda: False)
    monkeypatch.setattr(teach, "newest_model", lambda: Path("model"))
    monkeypatch.setattr(Lesson, "learn", learn)
    desk.propose("bed count pls")
    assert teach.main(["--accept", "all"]) == code
    assert learnt == [Example("en", "ask_beds", "bed count pls")]
    assert desk.states() == {"bed count pls": state}
    assert all(each in capsys.readouterr().out for each in lost)
    assert [entry.action for entry in desk.audit.entries()] == (["taught"] if code == 0 else [])


def test_a_failure_leaves_everything_proposed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(lesson: Lesson, model: Path) -> list[str]:
        raise regression.RegressionError("`rasa train` failed")

    monkeypatch.setattr(teach, "is_stale", lambda: False)
    monkeypatch.setattr(teach, "newest_model", lambda: Path("model"))
    monkeypatch.setattr(Lesson, "learn", fail)
    desk.propose("bed count pls")
    assert teach.main(["--accept", "all"]) == 1
    assert desk.states() == {"bed count pls": "proposed"}


def report(safety: str = "", stories: str = "", en: float = 0.85, zh: float = 0.85) -> Report:
    return Report(frozenset(safety.split()), frozenset(stories.split()), {"en": en, "zh": zh})


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (report("a", "s"), report("a", "s"), ""),
        (report("a b", "s"), report("a", ""), ""),
        (report(), report(en=0.8455), ""),
        (report(), report(en=0.844), "macro-F1 in en falls from 0.850 to 0.844"),
        (report(), report(zh=0.7), "macro-F1 in zh"),
        (report("a"), report("b"), 'the safety sentence "b"'),
        (report(stories="s"), report(stories="s t"), 'the story "t"'),
    ],
)
def test_what_is_lost_is_said(before: Report, after: Report, lost: str) -> None:
    found = losses(before, after)
    assert bool(found) == bool(lost)
    assert all(lost in sentence for sentence in found)


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A folder with some of the training examples."""
    counts: dict[tuple[str, str], int] = {}
    chosen = []
    for example in read_examples(FOLDER):
        counts[example.language, example.intent] = number = counts.get((example.language, example.intent), 0) + 1
        if number <= SOME:
            chosen.append(example)
    for language in ("en", "zh"):
        (tmp_path / "nlu" / language).mkdir(parents=True)
    add_taught(chosen, tmp_path / "nlu")
    return tmp_path / "nlu"


def test_what_passes_is_installed(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "learnt.tar.gz").write_bytes(b"model")
    monkeypatch.setattr(teach, "trained", lambda taught, nlu, folder: tmp_path / "learnt.tar.gz")
    monkeypatch.setattr(regression, "measure", lambda *arguments, **more: report())
    taught = Example("zh", "ask_beds", "病区一共摆了几张床呀")
    assert Lesson([taught], few, tmp_path / "models").learn(Path("model")) == []
    assert taught in read_examples(few)
    assert [file.read_bytes() for file in (tmp_path / "models").glob("*-taught.tar.gz")] == [b"model"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_wrong_lesson_is_refused(few: Path, tmp_path: Path) -> None:
    """The real training and the real regression: questions about beds, taught as greetings, are noticed."""
    before = {file: file.read_bytes() for file in few.rglob("*.yml")}
    (tmp_path / "models").mkdir()
    model = trained((), few, tmp_path)
    openings = ("how many beds", "how many beds are there", "number of beds", "beds", "how many patients fit")
    wrong = [
        Example("en", "greet", f"{opening} {place}")
        for opening in openings
        for place in ("in Hangzhou", "in Shanghai", "in the ward", "do you have", "there")
    ]
    lost = Lesson(wrong, few, tmp_path / "models", folds=2).learn(model)
    assert lost
    assert {file: file.read_bytes() for file in few.rglob("*.yml")} == before
    assert list((tmp_path / "models").iterdir()) == []
