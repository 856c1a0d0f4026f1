"""`./run bench core|nlu|gateway|desk`: measure, print, and write the results under benchmarks/results/."""

from __future__ import annotations

import importlib
import sys

BENCHES = ("core", "nlu", "gateway", "desk")


def main(arguments: list[str]) -> int:
    """Run a bench; its exit code."""
    if not arguments or arguments[0] not in BENCHES:
        print(f"Usage: ./run bench {'|'.join(BENCHES)}", file=sys.stderr)
        return 2
    code: int = importlib.import_module(f"benchmarks.{arguments[0]}").main(arguments[1:])
    return code
