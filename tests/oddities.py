"""Texts that no one should type and someone will: hypothesis strategies for tests of whatever reads a message."""

from __future__ import annotations

from hypothesis import strategies as st

LONGEST = 1000
PIECES = (
    *(
        "tace",
        "TACE",
        "介入科",
        "介如科",
        "超声科",
        "甲状腺",
        "甲壮腺",
        "肝",
        "肝癌",
        "cancer",
        "cancel",
        "tyroid",
        "liver",
    ),
    *(
        "abblation",
        "how many beds",
        "和",
        "还有",
        "and",
        "'s",
        "s",
        "-",
        " ",
        "　",
        "\n",
        ",",
        "？",
        "。",
        "/",
        "...",
        "1",
        "１",
    ),
    *(
        "😭",
        "👨‍👩‍👧",
        "👍🏽",
        "\u200b",
        "\u200d",
        "\ufe0f",
        "\u202e",
        "\u2066",
        "a\u0301\u0302",
        "\x00",
        "\ud800",
        "\udfff",
    ),
    *("İ", "ß", "ﬁ", "①", "㎏", "½", "ﷺ", "´", "Σ", "ς", "’", "豈", "\u3400", "ｦﾞ", "e" * 20, "!" * 20),
)
"""Names, misspellings and links, between what breaks readers of text."""


def _cut(text: str) -> str:
    return text[:LONGEST]


odd_texts: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=200),
    st.text(alphabet=st.characters(), max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join).map(_cut),
    st.builds(
        lambda text, times: _cut(text * times),
        st.text(st.characters(), min_size=1, max_size=6),
        st.integers(1, LONGEST),
    ),
)
"""Any text of up to LONGEST characters: also lone surrogates, controls, floods of one thing, names glued together."""

FLOODS = {
    "emoji": "😀" * LONGEST,
    "families": "👨‍👩‍👧" * 200,
    "NUL": "\x00" * LONGEST,
    "lone surrogates": "\ud800" * LONGEST,
    "zero width": "a\u200b" * 500,
    "bidi controls": "\u202eab\u202c" * 250,
    "combining": "a" + "\u0301" * 999,
    "zalgo": "a\u0301\u0302\u0489" * 250,
    "one letter": "a" * LONGEST,
    "one digit": "1" * LONGEST,
    "one character": "肝" * LONGEST,
    "single letters": "c " * 500,
    "near misses": ("colonoscopx " * 100)[:LONGEST],
    "names by sound": "甲壮腺" * 333,
    "mixed": "肝a" * 500,
    "rare Han": "".join(map(chr, range(0x3400, 0x3400 + LONGEST))),
    "common Han": "".join(map(chr, range(0x4E00, 0x4E00 + LONGEST))),
    "compatibility Han": "".join(map(chr, range(0xF900, 0xF900 + 300))),
    "ligatures": "ﷺ" * LONGEST,
    "apostrophes": "'a" * 500,
    "slashes": "a/b-" * 250,
    "brackets": "([{" * 333,
    "links": "and 和 " * 160,
    "stops": "a? b! " * 160,
    "addresses": "http://a.b/c?d=e&f " * 50,
}
"""The worst of a kind, at full length."""
