"""The widget's one file, and the pages: the hospital page at / and a readable page of the interface."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.gateway.services import Services, services

router = APIRouter(tags=["pages"])
MINUTES = 10
"""How long a browser uses the widget's file before it asks whether there is a newer one."""
