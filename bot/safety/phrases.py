"""Find the phrases of the rules in the words of a sentence, all of them in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

Phrase = tuple[str, ...]
"""Words that stand one after the other; a * at the end of one stands for any ending."""


class Node:
    """A place in the tree of phrases: where the next piece leads, and the phrase that ends here with the items that have it."""

    __slots__ = ("items", "next", "phrase")

    def __init__(self, items: set[int] | None = None) -> None:
        self.next: dict[str, Node] = {}
        self.phrase: Phrase = ()
        self.items: set[int] = items or set()


Standing = tuple[Node, int, int]
"""Where a phrase stands in a sentence: its node, and its half-open span of words."""


class Phrases:
    """The phrases of many items, as a tree of their pieces: words, and beginnings of words with a * ("bleed*")."""

    def __init__(self) -> None:
        self._root = Node()
        self._longest = 0
        self.pieces: set[str] = set()
        self._forms = lru_cache(maxsize=8192)(self._forms_of)

    def grow(self, phrase: Phrase) -> Node:
        """The place where a phrase ends, made if need be. Nothing may be added any more once a sentence has been read."""
        node = self._root
        for piece in phrase:
            node = node.next.setdefault(piece, Node())
            self.pieces.add(piece)
            if piece.endswith("*"):
                self._longest = max(self._longest, len(piece) - 1)
        node.phrase = phrase
        return node

    def stand(self, words: Sequence[str]) -> Iterator[Standing]:
        """Where phrases stand in a sentence."""
        forms = [self._forms(word) for word in words]
        last = len(words)
        for start, (_, nodes) in enumerate(forms):
            if not nodes:
                continue
            end = start + 1
            while nodes:
                for node in nodes:
                    if node.items:
                        yield node, start, end
                if end == last:
                    break
                nodes = [node.next[piece] for piece in forms[end][0] for node in nodes if piece in node.next]
                end += 1

    def _forms_of(self, word: str) -> tuple[list[str], list[Node]]:
        """The pieces of phrases that a word is, and the nodes to which they lead if a phrase begins with it."""
        beginnings = (f"{word[:length]}*" for length in range(1, min(len(word), self._longest) + 1))
        pieces = [piece for piece in (word, *beginnings) if piece in self.pieces]
        return pieces, [self._root.next[piece] for piece in pieces if piece in self._root.next]
