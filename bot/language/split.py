"""Cut a message into clauses: the places where one question may end and the next begin.

Only places are found here; whether two clauses are two questions is for who understands them (bot.rasa.splitter).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.language.script import HAN
from bot.language.tokenise import Word

ENDS = frozenset("?!;,.…。、~|/")
"""Words after which a clause ends; normalised text has its punctuation in half-width."""
LINKS = frozenset(
    (
        "and",
        "also",
        "plus",
        "&",
        "then",
        "还有",
        "另外",
        "以及",
        "而且",
        "顺便",
        "顺便问",
        "再",
        "再问",
        "和",
        "跟",
        "还",
        "另",
        "外加",
        "并且",
    )
)
"""Words with which a further question begins; they belong to no clause."""
ASKING = frozenset(("how", "what", "who", "whom", "whose", "when", "where", "which", "why"))
"""Words before which a question may begin without a mark: "how many doctors how many operations a year"."""
ASKED = frozenset(
    (
        "多少",
        "多少钱",
        "几",
        "什么",
        "谁",
        "哪",
        "哪里",
        "哪些",
        "哪个",
        "怎么",
        "啥",
        "哪位",
        "哪年",
        "几个",
        "吗",
        "有没有",
        "能不能",
        "是不是",
    )
)
"""The words that make a Chinese question. Where a clause has two, a question may end between them: 有多少医生一年做多少台."""
HOW_MANY = "几"
"""With any measure word after it, this makes a question too: 几间, 几张."""
MOST_PLACES = 4
"""How many places between two such words are looked at, those nearest to the second."""
MAX_CLAUSES = 6
"""Longer messages tell a story; their last clauses are kept together."""


def clauses(text: str, words: Sequence[Word]) -> list[tuple[int, int]]:
    """The clauses of a text as half-open spans of word indexes, at most MAX_CLAUSES, punctuation and links left out.

    A space between Chinese characters, and a line break, ends a clause as well; so does, perhaps, the place before a word
    that begins a question, or between two that make one.
    """
    begins = _beginnings(words)
    found: list[tuple[int, int]] = []
    start = 0
    for index, word in enumerate(words):
        spaced = (
            index > start
            and text[words[index - 1].end : word.start].strip() == ""
            and (
                words[index - 1].end < word.start
                and bool(HAN.match(text[words[index - 1].end - 1]))
                and bool(HAN.match(word.text))
            )
        )
        if word.text in LINKS or word.text in ENDS:
            found.append((start, index))
            start = index + 1
        elif spaced or (index in begins and index > start):
            found.append((start, index))
            start = index
    found.append((start, len(words)))
    found = [(begin, end) for begin, end in found if begin < end]
    if len(found) > MAX_CLAUSES:
        found[MAX_CLAUSES - 1 :] = [(found[MAX_CLAUSES - 1][0], found[-1][1])]
    return found


def _beginnings(words: Sequence[Word]) -> set[int]:
    """The words before which a further question may begin without a mark."""
    found = {index for index, word in enumerate(words) if word.text in ASKING}
    asked = [index for index, word in enumerate(words) if word.text in ASKED or word.text.startswith(HOW_MANY)]
    for first, second in zip(asked, asked[1:]):
        if _unbroken(words[first : second + 1]):
            found.update(range(max(first + 1, second - MOST_PLACES + 1), second + 1))
    return found


def _unbroken(words: Sequence[Word]) -> bool:
    """Whether no mark, link or space stands among words."""
    marked = any(word.text in ENDS or word.text in LINKS for word in words)
    return not marked and all(word.end == following.start for word, following in zip(words, words[1:]))
