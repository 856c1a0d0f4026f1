"""Cut a department's page into numbered sentences, and name each by its digest: what tests/source_map.yml is made with.

The pages themselves are not part of the repository; the map holds the digests of their sentences and no text.
"""

from __future__ import annotations

import hashlib
import re

DIGEST_LENGTH = 12
ABBREVIATIONS = frozenset(("Dr", "Prof", "Mr", "Mrs", "Ms", "Ph", "St", "No", "Dept", "Univ", "vs", "cf", "e.g", "i.e"))
"""Words, written with a full stop, that end no sentence. "etc" is not among them: a sentence may well end with it."""

_STOP = re.compile(r"\.(?=\s|$|[A-Z])")
_WORD_BEFORE = re.compile(r"[A-Za-z.]*$")


def split_sentences(text: str) -> list[str]:
    """The sentences of a page, in order, with white space collapsed and stripped.

    A sentence never goes over a line's end, so that a title, a heading or a cut-off line is one of its own; empty lines
    are none. Within a line, a sentence ends with a full stop before white space or directly before a capital letter
    ("the first one.The second"). It does not end
    - after a single capital letter ("M.D.", "J. Smith") or one of ABBREVIATIONS,
    - where the next word begins with a small letter ("apples, pears, etc. from here").
    No other sign ends a sentence: not a semicolon, nor a colon.
    """
    sentences: list[str] = []
    for line in text.splitlines():
        start = 0
        for stop in _STOP.finditer(line):
            if _ends_sentence(line, stop.start()):
                sentences.append(line[start : stop.end()])
                start = stop.end()
        sentences.append(line[start:])
    collapsed = (_collapse(sentence) for sentence in sentences)
    return [sentence for sentence in collapsed if sentence]


def digest(sentence: str) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of a sentence, its white space collapsed and stripped."""
    return hashlib.sha256(_collapse(sentence).encode("utf-8")).hexdigest()[:DIGEST_LENGTH]


def _collapse(sentence: str) -> str:
    """A sentence with a single space for any white space (no-break spaces too), and none at its ends."""
    return " ".join(sentence.split())


def _ends_sentence(line: str, stop: int) -> bool:
    """Whether the full stop at this place ends a sentence, and not just an abbreviation."""
    found = _WORD_BEFORE.search(line, 0, stop)
    word = found.group() if found else ""
    last = word.rsplit(".", 1)[-1]
    if word in ABBREVIATIONS or (len(last) == 1 and last.isupper()):
        return False
    return not line[stop + 1 :].lstrip()[:1].islower()
