"""Replace what identifies a person: identity card, passport, phone and bank card numbers, and e-mail addresses.

Written as people in China write them in either language: with spaces or hyphens, full-width digits, Chinese numerals
(幺三八…), country codes. A number is replaced only where its form says what it is (length, first digits, check digit,
or the word before it), so that years, bed counts, lab values and trial ids stay.

Rules: identity cards by GB 11643-1999 (18 digits with a check digit after ISO 7064 MOD 11-2, or the 15 of before),
mobile numbers of mainland China (11 digits, 13 to 19), bank cards by ISO/IEC 7812 (16 to 19 digits, Luhn), passports
by the word before them or China's own form (E, D or G and 8 digits).
"""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMERALS = dict(zip("零〇○一幺二两三四五六七八九", "00011223456789"))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_GAP = r"[ \-\u2010-\u2015.]?"
_BEFORE, _AFTER = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"


def _plain(character: str) -> str:
    """A digit, letter or sign as it counts for the forms below; one character for one."""
    if character in _NUMERALS:
        return _NUMERALS[character]
    code = ord(character)
    return chr(code - 0xFEE0) if 0xFF01 <= code <= 0xFF5E else " " if character == "\u3000" else character


def _is_identity_card(found: str) -> bool:
    digits = re.sub(r"[^0-9Xx]", "", found).upper()
    if len(digits) == 15:
        return digits.isdigit() and "01" <= digits[8:10] <= "12" and "01" <= digits[10:12] <= "31"
    if len(digits) != 18 or not digits[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS))
    return _CHECKS[total % 11] == digits[17]


def _is_bank_card(found: str) -> bool:
    digits = [int(digit) for digit in re.sub(r"\D", "", found)]
    doubled = [digit if index % 2 == 0 else sum(divmod(2 * digit, 10)) for index, digit in enumerate(reversed(digits))]
    return 16 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def _always(found: str) -> bool:
    return True


def _row(length: str) -> str:
    return rf"\d(?:{_GAP}\d){length}"


_EXTENSION = r"(?:(?:转|-|ext\.? ?)\d{1,5})?"
_PASSPORT_WORDS = (
    "passport ",
    "passport no ",
    "passport number ",
    "passport is ",
    "passport number is ",
    "护照",
    "护照号",
    "护照号码",
)
_AFTER_PASSPORT = "|".join(rf"(?<={word})" for word in _PASSPORT_WORDS)
_AFTER_CARD = "|".join(rf"(?<={word})" for word in ("身份证", "身份证号", "身份证号码"))

FORMS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("[EMAIL]", re.compile(r"[\w.+-]+ ?(?:@|\(at\)|\[at\]) ?[\w-]+(?:\.[\w-]+)+", re.ASCII), _always),
    ("[ID]", re.compile(rf"{_BEFORE}\d(?:{_GAP}\d){{16}}{_GAP}[\dXx]{_AFTER}"), _is_identity_card),
    ("[CARD]", re.compile(rf"{_BEFORE}{_row('{15,18}')}{_AFTER}"), _is_bank_card),
    ("[ID]", re.compile(rf"{_BEFORE}{_row('{14}')}{_AFTER}"), _is_identity_card),
    ("[ID]", re.compile(rf"(?:{_AFTER_CARD})[是为:： ]*\d[\dXx \-]{{13,22}}"), _always),
    ("[PHONE]", re.compile(rf"{_BEFORE}(?:(?:\+|00){_GAP}86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}{_AFTER}"), _always),
    ("[PHONE]", re.compile(rf"{_BEFORE}\(?0\d{{2,3}}\)?[ \-]?[2-9]\d{{2,3}}[ \-]?\d{{4}}{_EXTENSION}{_AFTER}"), _always),
    ("[PHONE]", re.compile(rf"{_BEFORE}(?:\+|00)[1-9]\d{{0,2}}(?:[ \-.()]{{0,2}}\d{{1,4}}){{2,5}}{_AFTER}"), _always),
    ("[PHONE]", re.compile(rf"{_BEFORE}\(?[2-9]\d{{2}}\)?[ \-.][2-9]\d{{2}}[ \-.]\d{{4}}{_AFTER}"), _always),
    ("[PASSPORT]", re.compile(rf"{_BEFORE}[EeDdGg] ?\d{{8}}{_AFTER}"), _always),
    ("[PASSPORT]", re.compile(rf"(?:{_AFTER_PASSPORT})[是为:： ]*[A-Za-z]{{0,2}} ?\d{{6,9}}", re.IGNORECASE), _always),
)  # fmt: skip
"""What stands in the place of a number, its form, and the check that makes a number of that form one of its kind."""


def mask(text: str) -> str:
    """The text with identifying numbers and addresses replaced by their kind in brackets; never raises."""
    plain = "".join(_plain(character) for character in text)
    for label, form, is_one in FORMS:
        pieces, end = [], 0
        kept = []
        for match in form.finditer(plain):
            if is_one(match.group()):
                pieces.append(text[end : match.start()] + label)
                kept.append(plain[end : match.start()] + label)
                end = match.end()
        text, plain = "".join(pieces) + text[end:], "".join(kept) + plain[end:]
    return text
