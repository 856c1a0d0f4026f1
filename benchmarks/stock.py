"""The pipeline that `rasa init` writes, on the folds of `./run bench nlu`: what ours is compared with.

It needs the real TensorFlow, so it has an environment of its own and is no part of `./run test`:

    cp -r .venv build/stock
    build/stock/bin/python -m pip uninstall --yes tensorflow
    build/stock/bin/python -m pip install tensorflow==2.12.0
    build/stock/bin/python -m benchmarks.stock zh 1              # a language and a fold, 1 to 5
    build/stock/bin/python -m benchmarks.stock zh 1 --epochs 15  # stock is 100: two hours on two cores

What it said of each example is kept in build/, and the table is written anew from all folds that are there, with ours on the same
ones beside it: benchmarks/results/stock.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import yaml

from bot.cli.crossvalidation import FOLDS, cross_validate, macro_f1, stratified_folds
from bot.language.examples import Example, read_examples
from bot.settings import ROOT

RESULT = Path(__file__).resolve().parent / "results" / "stock.md"
KEPT = ROOT / "build"
LANGUAGES = ("en", "zh")
EPOCHS = 100
"""Of the stock pipeline."""


def held_out(examples: list[Example], language: str, fold: int) -> tuple[list[Example], list[Example]]:
    """The examples of a language that a fold (1 to FOLDS) trains on, and those it is judged by."""
    folds = stratified_folds([f"{example.language} {example.intent}" for example in examples])
    mine = [(example, number) for example, number in zip(examples, folds) if example.language == language]
    return [example for example, number in mine if number != fold - 1], [
        example for example, number in mine if number == fold - 1
    ]


def write_inputs(folder: Path, train: list[Example], epochs: int) -> tuple[Path, Path]:
    """The stock configuration, with so many epochs, and the training data, as files."""
    import rasa.engine.recipes

    stock = Path(rasa.engine.recipes.__file__).parent / "config_files" / "default_config.yml"
    content = yaml.safe_load(stock.read_text(encoding="utf-8"))
    for component in content["pipeline"]:
        if "epochs" in component:
            component["epochs"] = epochs
    config, data = folder / "config.yml", folder / "nlu.yml"
    config.write_text(
        yaml.safe_dump({key: content[key] for key in ("recipe", "assistant_id", "language", "pipeline")}),
        encoding="utf-8",
    )
    intents: dict[str, str] = {}
    for example in train:
        intents[example.intent] = intents.get(example.intent, "") + f"- {example.text}\n"
    nlu = [{"intent": intent, "examples": texts} for intent, texts in intents.items()]
    data.write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), encoding="utf-8")
    return config, data


def run(language: str, fold: int, epochs: int = EPOCHS) -> None:
    """Train on one fold and keep what the model says of the examples that it has not seen."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    folder = KEPT / f"stock-{language}-{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    train, held = held_out(read_examples(), language, fold)
    config, data = write_inputs(folder, train, epochs)
    began = time.monotonic()
    model = train_nlu(str(config), str(data), str(folder), fixed_model_name="model")
    minutes = (time.monotonic() - began) / 60
    agent = Agent.load(model)
    said = []
    for example in held:
        parsed = asyncio.run(agent.parse_message(example.text))
        ranked = [entry["name"] for entry in parsed["intent_ranking"] if entry["name"] != "nlu_fallback"]
        said.append(
            {"meant": example.intent, "said": ranked[0], "fallback": parsed["intent"]["name"] == "nlu_fallback"}
        )
    kept = {"language": language, "fold": fold, "epochs": epochs, "minutes": minutes, "said": said}
    (KEPT / f"stock-{language}-{fold}.json").write_text(json.dumps(kept), encoding="utf-8")


def write_table() -> None:
    """The table of all folds that have been run, with ours beside them."""
    examples = read_examples()
    ours = cross_validate(examples)
    folds = stratified_folds([f"{example.language} {example.intent}" for example in examples])
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("rasa", "tensorflow"))
    lines = [
        "# The stock pipeline",
        "",
        f"What `rasa init` writes ({versions}, Python {platform.python_version()}, {platform.machine()}, 2 cores), and ours,",
        f"on the same folds of {FOLDS}. The stock pipeline has one model a language; ours reads both with one.",
        "",
        "| language | fold | examples judged | stock: epochs | training | accuracy | macro-F1 | ours: accuracy | macro-F1 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for file in sorted(KEPT.glob("stock-*.json")):
        kept = json.loads(file.read_text(encoding="utf-8"))
        meant, said = [row["meant"] for row in kept["said"]], [row["said"] for row in kept["said"]]
        mine = [
            judged
            for judged, number in zip(ours, folds)
            if judged.example.language == kept["language"] and number == kept["fold"] - 1
        ]
        truth, predicted = [judged.example.intent for judged in mine], [judged.predicted for judged in mine]
        cells = (
            *(kept["language"], kept["fold"], len(meant), kept["epochs"], f"{kept['minutes']:.0f} min"),
            *(f"{_accuracy(a, b):.3f} | {macro_f1(a, b):.3f}" for a, b in ((meant, said), (truth, predicted))),
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def _accuracy(meant: list[str], said: list[str]) -> float:
    return float(np.mean([a == b for a, b in zip(meant, said)]))


def main(arguments: list[str]) -> int:
    """Run a fold of a language; without arguments, only write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stock", description=__doc__)
    parser.add_argument("language", nargs="?", choices=LANGUAGES)
    parser.add_argument("fold", nargs="?", type=int, choices=range(1, FOLDS + 1), default=1)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    asked = parser.parse_args(arguments)
    if asked.language:
        run(asked.language, asked.fold, asked.epochs)
    write_table()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
