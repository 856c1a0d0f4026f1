"""How many tests each module holds is pinned in tests/collected.txt, so that a module that vanishes or runs empty fails a whole run.

`./run test --pin` writes the file anew: do it with a change that adds or removes tests, and look at the difference.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

PINNED = Path(__file__).with_suffix(".txt")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pin`."""
    parser.addoption("--pin", action="store_true", help="write how many tests there are into tests/collected.txt")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compare a whole run with what is pinned; a run of some tests only is left alone."""
    config = session.config
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS or config.option.markexpr or config.option.keyword:
        return
    found = "".join(f"{module} {count}\n" for module, count in sorted(_count(session.items).items()))
    if config.option.pin:
        PINNED.write_text(found, encoding="utf-8")
    elif found != PINNED.read_text(encoding="utf-8"):
        expected = PINNED.read_text(encoding="utf-8").splitlines()
        differing = sorted(set(found.splitlines()) ^ set(expected))
        raise pytest.UsageError(
            f"tests/collected.txt pins other numbers of tests ({', '.join(differing)}); if you mean it: ./run test --pin"
        )


def _count(items: list[pytest.Item]) -> Counter[str]:
    return Counter(item.path.name for item in items)
