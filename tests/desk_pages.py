"""Members of staff at the front desk's pages, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser import PATIENCE
from desk_parts import PASSWORD
from gateway_parts import Running

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


def sign_in(context: BrowserContext, running: Running, name: str) -> Page:
    """The inbox of somebody who has an account (desk_parts.hire)."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{running.url}/desk/")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#fragment")
    page.wait_for_load_state()  # the page's script listens to keys from then on
    return page


def violations(page: Page) -> list[str]:
    """What axe finds."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]
