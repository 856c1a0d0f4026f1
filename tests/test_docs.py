"""Settings, verbs and department keys are documented: one without documentation fails."""

from __future__ import annotations

from dataclasses import fields

import pytest

from actions.schema import Department
from bot.cli.main import VERBS
from bot.settings import ROOT, Settings, variable


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_setting_is_documented(name: str) -> None:
    assert f"`{variable(name)}`" in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", sorted(Department.__fields__))
def test_department_key_is_documented(key: str) -> None:
    assert f"`{key}`" in (ROOT / "docs" / "departments.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_verb_is_documented(verb: str) -> None:
    assert f"`./run {verb}" in (ROOT / "README.md").read_text(encoding="utf-8")
