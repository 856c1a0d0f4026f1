"""bot.language.names with every name of the shipped files: as written, misspelt, by sound, and what is no name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from oddities import odd_texts
from shipped import IR, US

from bot.language.names import EVERYDAY, Found, Name, NameFinder
from bot.language.normalise import normalise
from bot.language.tokenise import Tokeniser


def find(text: str, finder: NameFinder, tokeniser: Tokeniser) -> list[tuple[str, str]]:
    """Written and meant, in normal form."""
    plain = normalise(text).text
    found = finder.find(plain, tokeniser.words(plain))
    return [(plain[name.start : name.end], name.target) for name in found]


@pytest.mark.parametrize(
    ("text", "written", "target"),
    [
        ("do you do TACE", "tace", "tace"),
        ("ＴＡＣＥ", "tace", "tace"),
        ("TACEs", "taces", "tace"),
        ("livers", "livers", "liver"),
        ("the liver's", "liver", "liver"),
        ("the liver.", "liver", "liver"),
        ("microwave ablations", "microwave ablations", "microwave_ablation"),
        ("radio-frequency ablation", "radio-frequency ablation", "radiofrequency_ablation"),
        ("PET-CT", "pet-ct", "pet_ct"),
        ("pet ct", "pet ct", "pet_ct"),
        ("x ray", "x ray", "xray"),
        ("in Hangzhou", "hangzhou", US),
        ("Shanghai?", "shanghai", IR),
        ("abblation", "abblation", "thermal_ablation"),
        ("my tyroid", "tyroid", "thyroid"),
        ("thyriod", "thyriod", "thyroid"),
        ("the ultrasond department", "ultrasond department", US),
        ("canser", "canser", "tumour"),
        ("介入科有几张床", "介入科", IR),
        ("介如科有几张床", "介如科", IR),
        ("超生科在哪", "超生科", US),
        ("甲壮腺", "甲壮腺", "thyroid"),
        ("甲狀腺", "甲状腺", "thyroid"),
        ("夹状腺结节", "夹状腺结节", "thyroid_tumour"),
        ("肝癌能治吗", "肝癌", "liver_cancer"),
        ("我的肝不好", "肝", "liver"),
        ("肝", "肝", "liver"),
        ("介入科TACE怎么样", "tace", "tace"),
        ("X光", "x光", "xray"),
        ("\u200b介\u200b入\u200b科", "介入科", IR),
        ("肝癌😭😭😭😭", "肝癌", "liver_cancer"),
    ],
)
def test_found(text: str, written: str, target: str, finder: NameFinder, tokeniser: Tokeniser) -> None:
    assert (written, target) in find(text, finder, tokeniser)


@pytest.mark.parametrize(
    "text",
    [
        "I have to cancel",
        "he lives here",
        "sicklivers",
        "TACEing",
        "act now",
        "心肝宝贝",
        "头脑",
        "我想看火箭",
        "你好",
        "how many",
        "介 入 科",
        "12345",
        "😀😀😀",
        "",
        "-",
        "'",
        "s",
    ],
)
def test_nothing_found(text: str, finder: NameFinder, tokeniser: Tokeniser) -> None:
    assert find(text, finder, tokeniser) == []


@pytest.mark.parametrize(
    "text",
    [
        "give me some tips",
        "a microwave oven",
        "what does adulation mean",
        "the kitchen drain",
        "微波炉坏了",
        "申请平台介入",
        "冰川消融",
    ],
)
def test_everyday_phrases_hold_no_name(text: str, finder: NameFinder, tokeniser: Tokeniser) -> None:
    assert find(text, finder, tokeniser) == []


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("do you do tips for cirrhosis", "tips"),
        ("my microwave ablation", "microwave_ablation"),
        ("my drain is blocked", "drainage"),
        ("介入治疗科", IR),
        ("微波消融", "microwave_ablation"),
    ],
)
def test_names_that_are_everyday_words_too(text: str, target: str, finder: NameFinder, tokeniser: Tokeniser) -> None:
    assert target in {found for _, found in find(text, finder, tokeniser)}


def test_longest_wins(finder: NameFinder, tokeniser: Tokeniser) -> None:
    assert find("肝癌", finder, tokeniser) == [("肝癌", "liver_cancer")]
    assert find("liver cancer", finder, tokeniser) == [("liver cancer", "liver_cancer")]


@pytest.mark.parametrize(
    ("text", "confidence"), [("介入科", 1.0), ("夹状腺结节", 0.9), ("canser", 0.8), ("liver cancers", 1.0)]
)
def test_confidence(text: str, confidence: float, finder: NameFinder, tokeniser: Tokeniser) -> None:
    assert [name.confidence for name in finder.find(text, tokeniser.words(text))] == [confidence]


def test_first_of_two_wins(tokeniser: Tokeniser) -> None:
    finder = NameFinder([Name("Stent", "procedure", "own"), Name("stent", "procedure", "general", own=False)])
    assert finder.find("stent", tokeniser.words("stent")) == [Found(0, 5, "procedure", "own", 1.0, True)]


@pytest.mark.parametrize("text", ["headach", "headche", "头同症"])
def test_general_terms_are_found_only_as_written(text: str, tokeniser: Tokeniser) -> None:
    finder = NameFinder([Name("headache", "condition", "x", own=False), Name("头痛症", "condition", "x", own=False)])
    assert finder.find(text, tokeniser.words(text)) == []


def test_no_names_at_all(tokeniser: Tokeniser) -> None:
    assert NameFinder([]).find("tace 介入科", tokeniser.words("tace 介入科")) == []


def test_every_name_is_found_as_written(names: list[Name], finder: NameFinder, tokeniser: Tokeniser) -> None:
    """Each shipped name, on its own, is wholly covered by names."""
    missed = []
    for name in names:
        if name.kind == EVERYDAY:
            continue
        plain = normalise(name.written).text
        found = finder.find(plain, tokeniser.words(plain))
        if not found or found[0].start != 0:
            missed.append(name.written)
    assert missed == []


@settings(max_examples=150, deadline=None)
@given(text=odd_texts)
def test_names_never_overlap(text: str, finder: NameFinder, tokeniser: Tokeniser) -> None:
    plain = normalise(text).text
    found = finder.find(plain, tokeniser.words(plain))
    assert all(0 <= name.start < name.end <= len(plain) for name in found)
    assert all(a.end <= b.start for a, b in zip(found, found[1:]))
    assert all(0.0 < name.confidence <= 1.0 for name in found)
    begin_and_end = [normalise(text).raw_span(name.start, name.end) for name in found]
    assert all(0 <= begin < end <= len(text) for begin, end in begin_and_end)
