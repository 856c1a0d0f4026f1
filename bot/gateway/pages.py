"""The widget's one file, and the hospital page at /."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Optional

import yaml
from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from actions.departments import Registry
from bot.gateway.errors import Refusal
from bot.gateway.services import Services, services
from bot.language.wording import Responses
from bot.settings import ROOT
from bot.web.home import STATIC, page_language, render_home
from bot.web.widget import Script, compose_widget

router = APIRouter(tags=["pages"], include_in_schema=False)
MINUTES = 10
"""How long a browser uses the widget's file before it asks whether there is a newer one."""


@lru_cache(maxsize=1)
def _widget(numbers: tuple[str, ...]) -> Script:
    return compose_widget(numbers)


@lru_cache(maxsize=1)
def _registry() -> Registry:
    return Registry()


@lru_cache(maxsize=1)
def _responses(domain: Path = ROOT / "domain.yml") -> Responses:
    responses: Responses = yaml.load(domain.read_text(encoding="utf-8"), yaml.CSafeLoader)["responses"]
    return responses


@router.get("/widget/daozhen.js")
def widget(
    parts: Services = Depends(services),
    accept_encoding: str = Header(""),
    if_none_match: str = Header(""),
) -> Response:
    """The chat widget."""
    script = _widget((parts.settings.emergency_number, parts.settings.crisis_hotline))
    headers = {
        "Cache-Control": f"public, max-age={MINUTES * 60}",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": script.etag,
        "Vary": "Accept-Encoding",
    }
    if script.etag in if_none_match:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
        return Response(script.compressed, media_type="text/javascript; charset=utf-8", headers=headers)
    return Response(script.content, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/")
def home(
    request: Request,
    lang: Optional[str] = None,  # noqa: UP045  # read by FastAPI
    accept_language: str = Header(""),
    parts: Services = Depends(services),
) -> HTMLResponse:
    """The hospital page."""
    prefix = parts.settings.url_prefix
    language = page_language(lang, accept_language)
    address = f"{request.url.scheme}://{request.url.netloc}{prefix}"
    number = parts.settings.emergency_number
    page = render_home(
        _registry().departments(), _responses(), language, number=number, address=address, prefix=prefix
    )
    return HTMLResponse(page, headers={"Content-Language": language, "Vary": "Accept-Language"})


@router.get("/static/{name}")
def static(name: str) -> FileResponse:
    """Styles and scripts of the pages."""
    file = STATIC / name
    if file.parent != STATIC or not file.is_file():
        raise Refusal("not_found")
    return FileResponse(file, headers={"Cache-Control": f"public, max-age={MINUTES * 60}"})
