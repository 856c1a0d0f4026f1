"""Start Rasa or its action server without third-party noise: `python -m bot.quiet rasa run`,
`python -m bot.quiet bot.rasa.action_server …`.

Sanic, on import, switches deprecation warnings on for everybody. It is imported here first, and then each known
warning, of a library that Rasa 3.6 holds at an old version, is silenced by its text. Any other one still shows.
"""

from __future__ import annotations

import logging
import runpy
import sys
import warnings

import structlog

KNOWN = (
    "distutils Version classes are deprecated",  # sanic_cors
    "pkg_resources is deprecated as an API",  # rasa.shared.utils.validation
    "Deprecated call to `pkg_resources",  # namespace packages of matplotlib and ruamel.yaml
    r"invalid escape sequence '\\[.s]'",  # jieba
    "There is no current event loop",  # rasa on Python 3.10
)


def silence() -> None:
    """Silence the known warnings in this process, and Rasa's debug lines: they hold whole messages."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    import sanic  # noqa: F401  # for its own filter, which would come before ours

    for message in KNOWN:
        warnings.filterwarnings("ignore", message=message)


def main() -> None:
    """Run a module as `python -m` would, with the known warnings silenced."""
    silence()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
