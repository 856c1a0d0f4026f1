"""Fixtures that several test files share."""

from __future__ import annotations

import pytest
from browser import chat, chromium, new_chat, new_context, servers, site  # noqa: F401  # fixtures
from shipped import DEPARTMENTS, RESPONSES, VOCABULARY

from actions.schema import Department
from actions.terms import Vocabulary
from bot.language.names import Name, NameFinder
from bot.language.tokenise import Tokeniser
from bot.language.wording import Responses
from bot.rasa.names import known_names


@pytest.fixture
def departments() -> list[Department]:
    """The shipped departments."""
    return list(DEPARTMENTS)


@pytest.fixture
def vocabulary() -> Vocabulary:
    """The shipped vocabulary."""
    return VOCABULARY


@pytest.fixture
def responses() -> Responses:
    """The responses of domain.yml."""
    return RESPONSES


@pytest.fixture(scope="session")
def names() -> list[Name]:
    """Every name that the bot knows."""
    return known_names()


@pytest.fixture(scope="session")
def tokeniser(names: list[Name]) -> Tokeniser:
    """The tokeniser as it is served."""
    return Tokeniser(name.written for name in names)


@pytest.fixture(scope="session")
def finder(names: list[Name]) -> NameFinder:
    """The finder of all names, with a few ordinary words such as training finds."""
    return NameFinder(names, ("cancel", "lives", "doctors", "doctor", "service", "person", "through"))
