"""Templates that stand for many sentences.

`(a|b|c)` is one of its alternatives, `(a|)` is optional, `<name>` is one line of the slot `name`, and a backslash
escapes the next character. Alternatives nest, and slots may contain templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.errors import GrammarError

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Slot:
    """A reference to the lines of a slot."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several sequences."""

    alternatives: tuple[Sentence, ...]


Sentence = tuple["str | Slot | Choice", ...]
"""Parts that follow one another."""


class Grammar:
    """Expands templates with the given slots."""

    def __init__(self, slots: Mapping[str, Sequence[str]]) -> None:
        self._slots = {name: [parse(line) for line in lines] for name, lines in slots.items()}
        self._parsed: dict[str, Sentence] = {}

    def say(self, template: str, rng: random.Random) -> str:
        """Return a random sentence of the template, with normalized spaces.

        Raises:
            GrammarError: the template is malformed or names a slot that does not exist.
        """
        if template not in self._parsed:
            self._parsed[template] = parse(template)
        words = " ".join(self._spoken(self._parsed[template], rng).split())
        return words.replace(" ?", "?").replace(" ,", ",").replace(" .", ".")

    def _spoken(self, sentence: Sentence, rng: random.Random) -> str:
        return "".join(part if isinstance(part, str) else self._chosen(part, rng) for part in sentence)

    def _chosen(self, part: Slot | Choice, rng: random.Random) -> str:
        if isinstance(part, Choice):
            return self._spoken(rng.choice(part.alternatives), rng)
        if part.name not in self._slots:
            allowed = ", ".join(sorted(self._slots))
            raise GrammarError(f"A template names the slot {part.name!r}; allowed are {allowed}.")
        return self._spoken(rng.choice(self._slots[part.name]), rng)


def parse(template: str) -> Sentence:
    """Parse a template.

    Raises:
        GrammarError: the brackets do not match.
    """
    return _Reader(template).whole()


@dataclass
class _Reader:
    """Parses one template from left to right."""

    template: str
    place: int = 0

    def whole(self) -> Sentence:
        sentence = self._sentence()
        if self.place < len(self.template):
            raise GrammarError(f"Template {self.template!r} has {self.template[self.place]!r} outside of brackets.")
        return sentence

    def _sentence(self) -> Sentence:
        """Parse up to the next `|` or `)` of this level, without consuming it."""
        parts: list[str | Slot | Choice] = []
        while self.place < len(self.template) and self.template[self.place] not in "|)":
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str | Slot | Choice:
        letter = self._next()
        if letter == "\\":
            return self._next()
        if letter == "(":
            return self._choice()
        if letter == "<":
            return Slot(self._up_to(">"))
        return letter

    def _choice(self) -> Choice:
        alternatives = [self._sentence()]
        while self._next() == "|":
            alternatives.append(self._sentence())
        return Choice(tuple(alternatives))

    def _up_to(self, end: str) -> str:
        start = self.place
        while self._next() != end:
            pass
        return self.template[start : self.place - 1]

    def _next(self) -> str:
        if self.place >= len(self.template):
            raise GrammarError(f"Template {self.template!r} ends inside of a bracket.")
        self.place += 1
        return self.template[self.place - 1]
