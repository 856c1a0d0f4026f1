"""`./run VERB …`: choose the verb's module and call its `main`."""

from __future__ import annotations

import importlib
import sys

VERBS = {
    "serve": "train if the model is older than its inputs, then serve (the default)",
    "chat": "talk to the bot in this terminal",
    "train": "train a model from config.yml, domain.yml and data/",
    "rasa": "run any command of Rasa's, with Daozhen's environment: ./run rasa shell nlu",
    "departments": "check the department files: ./run departments check",
    "database": "the database's revision: ./run database, upgrade or downgrade REVISION",
    "staff": "who may work at the front desk: ./run staff add NAME, list, link, disable, enable",
    "teach": "the review list of the front desk; teach the assistant what is accepted: ./run teach [--list]",
    "erase": "erase a conversation: by its id, --ticket NUMBER or --telegram ID",
    "audit": "who looked at or did what at the front desk",
    "settings": "list the settings and their values",
    "test": "run the tests; further words go to pytest",
    "check": "lint, types, and the checks of data and dialogue",
    "facts": "print which facts are covered by which questions",
    "bench": "measure: ./run bench core|nlu|gateway|desk",
    "lock": "make requirements.txt and requirements-test.txt anew",
}


def usage() -> str:
    """The list of verbs."""
    lines = [f"  {verb:<12} {purpose}" for verb, purpose in VERBS.items()]
    return "Usage: ./run [--wheels DIR] [VERB] [ARGUMENT …]\n\n" + "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run a verb; the exit code."""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("serve", [])
    if verb in ("help", "-h", "--help"):
        print(usage())
        return 0
    if verb not in VERBS:
        print(f'"{verb}" is not a verb of ./run.\n\n{usage()}', file=sys.stderr)
        return 2
    module = importlib.import_module(f"bot.cli.{verb}")
    code: int = module.main(rest)
    return code
