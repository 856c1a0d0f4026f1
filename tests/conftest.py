"""Fixtures that several test files share."""

from __future__ import annotations

import pytest
from shipped import DEPARTMENTS, RESPONSES, VOCABULARY

from actions.schema import Department
from actions.terms import Vocabulary
from bot.rasa.wording import Responses


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
