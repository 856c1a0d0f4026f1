"""Scripts and styles made shorter for the wire: without comments, indentation and spaces that mean nothing."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"^\s*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_CAST = re.compile(r"/\*\* @type \{.*?\} \*/ ?")
_PRIVATE = re.compile(r"#[a-z]\w*")
_LITERAL = re.compile(
    r""""(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*`
    | (?<=[(,=:?!&|])[ ]?/(?![*/ ])(?:\\.|\[(?:\\.|[^\]])*\]|[^/\\\n])+/[a-z]*""",
    re.VERBOSE,
)
"""A string, a template, or a regular expression after what cannot end a term."""


def shorten_script(source: str) -> str:
    """A script without comments on lines of their own, JSDoc casts, indentation, and spaces around what is no word.

    Private names (#…), which nothing outside their class can see, get short ones; a string must not hold one. Strings, templates and
    regular expressions stay as they are, and so do line ends on which a script may rely.
    """
    source = _CAST.sub("", _COMMENT.sub("", source))
    private = sorted(set(_PRIVATE.findall(source)))
    source = _PRIVATE.sub(lambda name: f"#{_letters(private.index(name.group()))}", source)
    source = "".join(f"{line.strip()}\n" for line in source.splitlines() if line.strip())
    parts, end = [], 0
    for literal in _LITERAL.finditer(source):
        parts += [_close_up(source[end : literal.start()]), literal.group().lstrip()]
        end = literal.end()
    return "".join([*parts, _close_up(source[end:])])


def _letters(number: int) -> str:
    """a, b, …, z, a1, b1, …"""
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")


def _close_up(code: str) -> str:
    code = re.sub(r" ?([{}()\[\]=<>*,;:?&|!]+) ?", r"\1", code)
    return re.sub(r"(?<=[{(\[,;])\n|\n(?=[})\]])", "", code)


def shorten_style(source: str) -> str:
    """A style sheet on one line, without comments. It must hold no string with two spaces or a brace in it."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    source = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", source))
    return source.replace(": ", ":").replace(";}", "}").strip()
