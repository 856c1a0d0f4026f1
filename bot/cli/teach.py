"""`./run teach`: the review list of the front desk, and a model that learns from what is accepted on it.

    proposed ── accepted ── data/nlu/LANGUAGE/taught.yml, a new model
        │           └── back to proposed, and nothing changed, where the new model would lose something
        └── rejected

Nothing is installed before it has been measured: the examples are added to a copy of data/, a model is trained on it and compared
with the one in use (bot/cli/regression.py). Only then are the files written and the model moved to models/.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli import regression
from bot.cli.crossvalidation import FOLDS
from bot.cli.processes import environment, rasa_command
from bot.cli.train import MODELS, STAMP, inputs_digest, is_stale, newest_model, train
from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.transactions import Transactions
from bot.conversations.wakeups import wakeups_for
from bot.desk.audit import Audit
from bot.desk.reviews import Review, Reviews
from bot.language.examples import FOLDER, Example, add_taught, read_examples
from bot.language.normalise import normalise
from bot.settings import ROOT, read_settings

VAR = ROOT / "var"


@dataclass(frozen=True)
class Lesson:
    """What is taught: examples, on top of those in a folder; models go to another."""

    taught: Sequence[Example]
    nlu: Path = FOLDER
    models: Path = MODELS
    folds: int = FOLDS

    def learn(self, model: Path) -> list[str]:
        """Train, compare with a model, and install; or say what got worse, and leave everything as it was.

        Raises:
            bot.cli.regression.RegressionError: if it cannot be measured or trained.
        """
        VAR.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="teach-", dir=VAR) as folder:
            examples = read_examples(self.nlu)
            print(f"Training on {len(self.taught)} more examples.", flush=True)
            learnt = trained(self.taught, self.nlu, Path(folder))
            print("The model in use:", flush=True)
            before = regression.measure(model, examples, folds=self.folds)
            print("The model that has learnt:", flush=True)
            after = regression.measure(learnt, examples, self.taught, self.folds)
            for language, was in before.f1.items():
                print(f"  macro-F1 in {language}: {was:.3f}, then {after.f1[language]:.3f}")
            lost = regression.losses(before, after)
            if not lost:
                self._install(learnt)
            return lost

    def _install(self, learnt: Path) -> None:
        """Write the examples, then the model; killed in between, the next start trains the same."""
        add_taught(self.taught, self.nlu)
        shutil.move(learnt, self.models / time.strftime("%Y%m%d-%H%M%S-taught.tar.gz"))
        if self.nlu == FOLDER:
            (self.models / STAMP).write_text(inputs_digest())


def trained(taught: Sequence[Example], nlu: Path, folder: Path) -> Path:
    """A model, made in a folder, of a copy of the data with the examples of another folder and those that are taught.

    Raises:
        bot.cli.regression.RegressionError: if it cannot be trained.
    """
    data = folder / "data"
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("nlu"))
    shutil.copytree(nlu, data / "nlu")
    add_taught(taught, data / "nlu")
    more = ("--data", str(data), "--out", str(folder), "--fixed-model-name", "learnt", "--quiet")
    ended = subprocess.run(rasa_command("train", *more), cwd=ROOT, env=environment(), capture_output=True, text=True)
    if ended.returncode:
        raise regression.RegressionError(f"`rasa train` failed:\n{(ended.stdout + ended.stderr)[-2000:]}")
    return folder / "learnt.tar.gz"


def main(arguments: list[str]) -> int:
    """List, decide, teach; the exit code."""
    asked = _parser().parse_args(arguments)
    engine = connect(read_settings().database_url)
    migrate(engine)
    try:
        transactions = Transactions(engine, wakeups_for(engine))
        reviews, audit = Reviews(transactions), Audit(transactions)
        proposed = reviews.all()
        for review in proposed:
            print(f"{review.id:>5}  {review.language}  {review.intent:<28} {review.text}  ({review.author or '-'})")
        if asked.list:
            return 0
        _decide(reviews, proposed, asked)
        return _teach(reviews, audit)
    except regression.RegressionError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        engine.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run teach")
    parser.add_argument("--list", action="store_true", help="print the review list alone")
    parser.add_argument("--accept", nargs="+", metavar="NUMBER", default=[], help="numbers of the list, or `all`")
    parser.add_argument("--reject", nargs="+", metavar="NUMBER", default=[], help="the same")
    return parser


def _decide(reviews: Reviews, proposed: Sequence[Review], asked: argparse.Namespace) -> None:
    """Accept and reject what the arguments say; without any, ask for each at a terminal."""
    chosen = {"accepted": list(asked.accept), "rejected": list(asked.reject)}
    if not any(chosen.values()) and sys.stdin.isatty():
        for review in proposed:
            answer = input(f"{review.id}: accept, reject or leave it? [a/r/l] ").strip().lower()
            if answer in ("a", "r"):
                chosen["accepted" if answer == "a" else "rejected"].append(str(review.id))
    known = {str(review.id) for review in proposed}
    for state, numbers in chosen.items():
        picked = known if numbers == ["all"] else set(numbers)
        for number in sorted(picked - known):
            raise SystemExit(f"./run teach: {number} is not on the list; ./run teach --list prints it")
        reviews.set_state([int(number) for number in picked], state)  # type: ignore[arg-type]


def _teach(reviews: Reviews, audit: Audit) -> int:
    """Teach what is accepted; 1 where something would be lost."""
    accepted = reviews.all(("accepted",))
    new, known = _sorted_out(accepted)
    for review in known:
        print(f"{review.id} is an example already: left out.")
    reviews.set_state([review.id for review in known], "rejected")
    if not new:
        print("Nothing is accepted that is not known.")
        return 0
    if is_stale() and train() != 0:
        return 1
    model = newest_model()
    assert model is not None
    try:
        lost = Lesson([Example(found.language, found.intent, found.text) for found in new]).learn(model)
    except BaseException:
        reviews.set_state([review.id for review in new], "proposed")
        raise
    reviews.set_state([review.id for review in new], "proposed" if lost else "taught")
    if lost:
        print("The model has not been installed, and nothing was changed:\n" + "\n".join(f"- {each}" for each in lost))
        return 1
    audit.record(None, "taught", detail={"examples": len(new)})
    print(f"Taught {len(new)} examples. The model is in models/; start ./run again to use it.")
    return 0


def _sorted_out(accepted: Sequence[Review]) -> tuple[list[Review], list[Review]]:
    """Those whose text is new, and those that are an example already, of whichever intent."""
    seen = {normalise(example.text).text for example in read_examples()}
    new: list[Review] = []
    known: list[Review] = []
    for review in accepted:
        text = normalise(review.text).text
        (known if text in seen else new).append(review)
        seen.add(text)
    return new, known
