"""`./run bench core`: start-up, memory, answering time and size. Prints, and writes benchmarks/results/core.md."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from bot.cli.stack import Stack, resident_megabytes, serving
from bot.cli.train import newest_model
from bot.settings import ROOT

RESULTS = Path(__file__).resolve().parent / "results"
QUESTION = "How many beds does the Shanghai department have?"
SAMPLE = 40
FEW_TURNS, MANY_TURNS = 10, 500


def seconds_to_answer(stack: Stack, sender: str) -> float:
    """How long one factual question takes, with action and stored tracker."""
    started = time.perf_counter()
    replies = stack.ask(sender, QUESTION)
    assert replies and "56" in replies[0]["text"], "the measured question must be answered with its fact"
    return time.perf_counter() - started


def median_after(stack: Stack, sender: str, turns: int) -> float:
    """The median answering time, in milliseconds, of SAMPLE questions once a conversation has had so many turns."""
    for _ in range(turns):
        stack.ask(sender, QUESTION)
    return 1000 * statistics.median(seconds_to_answer(stack, sender) for _ in range(SAMPLE))


def size_megabytes(folder: Path) -> float:
    """The size of all files of a folder, in MB (10^6 bytes)."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() or file.is_symlink()) / 1e6


def main(arguments: list[str]) -> int:
    """Measure."""
    model = newest_model()
    if model is None:
        print("There is no model under models/: ./run train makes one.")
        return 1
    with tempfile.TemporaryDirectory() as folder, serving(model, Path(folder)) as stack:
        begun = time.monotonic()
        seconds_to_answer(stack, "first")
        first = stack.seconds + time.monotonic() - begun
        few = median_after(stack, "long", FEW_TURNS)
        many = median_after(stack, "long", MANY_TURNS - FEW_TURNS - SAMPLE)
        memory = resident_megabytes(stack.rasa_pid), resident_megabytes(stack.actions_pid)
    rows = (
        ("start to first answer (model trained)", f"{first:.1f} s"),
        ("resident memory, Rasa", f"{memory[0]:.0f} MB"),
        ("resident memory, action server", f"{memory[1]:.0f} MB"),
        (f"factual answer, p50 after {FEW_TURNS} turns", f"{few:.1f} ms"),
        (f"factual answer, p50 after {MANY_TURNS} turns", f"{many:.1f} ms"),
        ("ratio of the two", f"{many / few:.2f}"),
        ("size of .venv", f"{size_megabytes(ROOT / '.venv'):.0f} MB"),
    )
    lines = ["# Core", "", f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}.", ""]
    lines += ["| what | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), ""]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "core.md").write_text("\n".join(lines), encoding="utf-8")
    return 0
