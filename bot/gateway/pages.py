"""The hospital page at /, the widget's one file, and a readable page of the interface."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
