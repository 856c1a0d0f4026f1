"""`./run departments check [FOLDER]`: print what is wrong with the department files, one line an error."""

from __future__ import annotations

import sys
from pathlib import Path

from actions.departments import FOLDER, check, fact_paths


def main(arguments: list[str]) -> int:
    """Check; 0 if all files are valid, 1 if not, 2 for a wrong call."""
    if not arguments or arguments[0] != "check" or len(arguments) > 2:
        print("Usage: ./run departments check [FOLDER]", file=sys.stderr)
        return 2
    folder = Path(arguments[1]) if len(arguments) == 2 else FOLDER
    departments, problems = check(folder)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    for department in departments:
        print(f"{department.id}: {len(fact_paths(department))} facts, source {department.source.updated}")
    return 0
