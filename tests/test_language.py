"""bot.language: normalise, script, words, names and clauses, in English, Chinese and mixed text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.names import Name, NameFinder
from bot.language.normalise import normalise
from bot.language.script import choose_language, detect_language, detect_script, to_simplified, to_traditional
from bot.language.split import MAX_CLAUSES, clauses
from bot.language.tokenise import Tokeniser

TERMS = ("超声科", "超声介入科", "甲状腺", "经动脉化疗栓塞", "介入科", "消融")
TOKENISER = Tokeniser(TERMS)
NAMES = (
    Name("超声介入科", "department", "us"),
    Name("超声科", "department", "us"),
    Name("介入科", "department", "ir"),
    Name("ultrasound department", "department", "us"),
    Name("ablation", "procedure", "ablation"),
    Name("消融", "procedure", "ablation"),
    Name("iodine-125", "procedure", "seeds"),
    Name("thyroid", "organ", "thyroid"),
    Name("甲状腺", "organ", "thyroid"),
    Name("肝", "organ", "liver"),
    Name("肝癌", "condition", "liver_cancer"),
    Name("cancer", "condition", "tumour"),
    Name("liver", "organ", "liver"),
    Name("fever", "condition", "fever", own=False),
    Name("headache", "condition", "headache", own=False),
)
FINDER = NameFinder(NAMES, ordinary_words=("cancel",))
ODD = st.one_of(
    st.text(max_size=1000),
    st.text(alphabet=st.characters(), max_size=300),
    st.lists(
        st.sampled_from(["😭", "\ud800", "\u200b", "\u202e", "a\u0301", "\x00", "肝", "e", "　", "/", "?", "1"])
    ).map("".join),
)


def found(text: str) -> list[tuple[str, str]]:
    normalised = normalise(text).text
    return [
        (item.target, normalised[item.start : item.end])
        for item in FINDER.find(normalised, TOKENISER.words(normalised))
    ]


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("ＴＡＣＥ１２", "tace12"),
        ("超聲科有幾張床", "超声科有几张床"),
        ("what\u200bis  \n it", "whatis it"),
        ("heeeeeello!!!!!!", "heeello!!!"),
        ("10000 beds", "10000 beds"),
        ("  a  ", "a"),
        ("", ""),
        ("ﬁne", "fine"),
    ],
)
def test_normalise(raw: str, plain: str) -> None:
    assert normalise(raw).text == plain


@settings(max_examples=150, deadline=None)
@given(ODD)
def test_normalise_keeps_the_way_back(raw: str) -> None:
    normalised = normalise(raw)
    assert len(normalised.origins) == len(normalised.text)
    assert list(normalised.origins) == sorted(normalised.origins)
    assert all(0 <= origin < len(raw) for origin in normalised.origins)
    assert normalise(normalised.text).text == normalise(normalise(normalised.text).text).text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("how many beds", "en"),
        ("床位", "zh"),
        ("你们做TACE吗", "zh"),
        ("does the 超声科 do biopsy", "en"),
        ("ok", None),
        ("12", None),
        ("😭", None),
        ("你好", "zh"),
        ("你好, can you tell me about the beds", "en"),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_a_bare_name_tells_no_language() -> None:
    assert detect_language("tace", ((0, 4),)) is None
    assert detect_language("肝癌", ((0, 2),)) is None


@pytest.mark.parametrize(
    ("pinned", "detected", "conversation", "text", "language"),
    [
        ("zh", "en", "en", "beds", "zh"),
        (None, "en", "zh", "beds", "en"),
        (None, None, "zh", "TACE", "zh"),
        (None, None, None, "TACE", "en"),
        (None, None, None, "肝癌", "zh"),
    ],
)
def test_choice_of_language(
    pinned: str | None, detected: str | None, conversation: str | None, text: str, language: str
) -> None:
    assert choose_language(pinned, detected, conversation, text) == language


@pytest.mark.parametrize(
    ("text", "script"), [("幾張床", "traditional"), ("几张床", "simplified"), ("你好", None), ("beds", None)]
)
def test_script(text: str, script: str | None) -> None:
    assert detect_script(text) == script


@settings(max_examples=100, deadline=None)
@given(ODD)
def test_scripts_keep_the_length(text: str) -> None:
    assert len(to_simplified(text)) == len(to_traditional(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("超声科有几张床位", ["超声科", "有", "几张", "床位"]),
        ("does the 超声科 do it?", ["does", "the", "超声科", "do", "it", "?"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [word.text for word in TOKENISER.words(text)] == words


@settings(max_examples=150, deadline=None)
@given(ODD)
def test_words_are_where_they_say(raw: str) -> None:
    text = normalise(raw).text
    words = TOKENISER.words(text)
    assert all(text[word.start : word.end] == word.text for word in words)
    assert all(a.end <= b.start for a, b in zip(words, words[1:]))


@pytest.mark.parametrize(
    ("text", "target", "written"),
    [
        ("do you do ablation", "ablation", "ablation"),
        ("abblation for my tyroid", "ablation", "abblation"),
        ("iodine 125 seeds", "seeds", "iodine 125"),
        ("ablations", "ablation", "ablations"),
        ("超声介入科几张床", "us", "超声介入科"),
        ("介如科在哪", "ir", "介如科"),
        ("甲壮腺能做吗", "thyroid", "甲壮腺"),
        ("得了肝癌怎么办", "liver_cancer", "肝癌"),
        ("ultrasoud department", "us", "ultrasoud department"),
        ("fever", "fever", "fever"),
    ],
)
def test_names(text: str, target: str, written: str) -> None:
    assert (target, written) in found(text)


@pytest.mark.parametrize(
    "text", ["cancel my visit", "she lives in town", "headech", "delivery", "肝功能怎么样", "", "???"]
)
def test_what_is_no_name(text: str) -> None:
    assert found(text) == []


@settings(max_examples=150, deadline=None)
@given(ODD)
def test_names_never_overlap(raw: str) -> None:
    text = normalise(raw).text
    names = FINDER.find(text, TOKENISER.words(text))
    assert all(a.end <= b.start for a, b in zip(names, names[1:]))
    assert all(0 <= name.start < name.end <= len(text) for name in names)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("how many beds and do you treat thyroid?", ["how many beds", "do you treat thyroid"]),
        ("几张床 医生几个", ["几张床", "医生几个"]),
        ("几张床,还有医生几个", ["几张床", "医生几个"]),
        ("beds", ["beds"]),
        ("", []),
        ("?!", []),
    ],
)
def test_clauses(text: str, parts: list[str]) -> None:
    words = TOKENISER.words(text)
    spans = clauses(text, words)
    assert [text[words[first].start : words[last - 1].end] for first, last in spans] == parts


@settings(max_examples=150, deadline=None)
@given(ODD)
def test_clauses_are_in_order(raw: str) -> None:
    text = normalise(raw).text
    words = TOKENISER.words(text)
    spans = clauses(text, words)
    assert len(spans) <= MAX_CLAUSES
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:]))
    assert all(0 <= first < last <= len(words) for first, last in spans)
