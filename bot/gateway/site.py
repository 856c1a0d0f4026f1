"""What the pages are made of, and what the channels say of the departments themselves."""

from __future__ import annotations

from actions.departments import Registry
from actions.schema import Department
from bot.gateway.words import Words
from bot.settings import Settings
from bot.web.home import render_home
from bot.web.widget import Script, compose_widget


class Site:
    """What the pages are made of: the widget's file, the department files as they stand, the words for them.

    Raises:
        actions.departments.InvalidDepartments, bot.web.texts.InvalidTexts: if one of them cannot be used.
    """

    def __init__(self, settings: Settings, words: Words) -> None:
        self._settings = settings
        self._words = words
        self._departments = Registry()
        self.script: Script = compose_widget((settings.emergency_number, settings.crisis_hotline))

    def departments(self) -> list[Department]:
        """The departments as their files say now."""
        return self._departments.departments()

    def home(self, language: str, address: str) -> str:
        """The hospital page; `address` is the gateway's as the outside sees it."""
        return render_home(
            self._departments.departments(),
            self._words.responses,
            language,
            number=self._settings.emergency_number,
            address=address,
            prefix=self._settings.url_prefix,
        )
