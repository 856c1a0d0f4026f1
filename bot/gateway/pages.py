"""The widget's one file, and the pages: the hospital page at /, and a readable page of the interface at /docs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import HTMLResponse, Response

from bot.gateway.services import Parts
from bot.web.api import render_api
from bot.web.home import page_language

router = APIRouter(tags=["pages"])
MINUTES = 10
"""How long a browser uses the widget's file before it asks whether there is a newer one."""


@router.get("/widget/daozhen.js", response_class=Response, responses={304: {"description": "still the same"}})
def widget(
    parts: Parts, accept_encoding: Annotated[str, Header()] = "", if_none_match: Annotated[str, Header()] = ""
) -> Response:
    """The widget: one script for a hospital's page, in both languages."""
    script = parts.site.script
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


@router.get("/", response_class=HTMLResponse)
def home(
    request: Request,
    parts: Parts,
    lang: Annotated[str, Query(description="en or zh")] = "",
    accept_language: Annotated[str, Header()] = "",
) -> HTMLResponse:
    """The hospital page, in the language asked for or accepted."""
    language = page_language(lang, accept_language)
    address = f"{request.url.scheme}://{request.url.netloc}{parts.settings.url_prefix}"
    return HTMLResponse(
        parts.site.home(language, address), headers={"Content-Language": language, "Vary": "Accept-Language"}
    )


@router.get("/docs", response_class=HTMLResponse)
def interface(request: Request, parts: Parts) -> HTMLResponse:
    """This interface as a page to read; /openapi.json is the same for programs."""
    return HTMLResponse(render_api(request.app.openapi(), parts.settings.url_prefix))
