"""Templates that stand for many sentences.

`(a|b|c)` is one of its alternatives, `(a|)` is optional, `<name>` is one line of the slot `name`, and a backslash
escapes the next character. Alternatives nest, and slots may contain templates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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

SHARE_REWORDED = 0.25
"""Share of the alternatives that are picked again when a sentence is said in other words."""


@dataclass
class Picks:
    """What a sentence was made of: the alternative of each choice, and the lines of each slot, in order."""

    choices: dict[Choice, Sentence] = field(default_factory=dict)
    slots: dict[str, list[str]] = field(default_factory=dict)


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
        return self.word(template, rng, Picks())[0]

    def word(self, template: str, rng: random.Random, before: Picks) -> tuple[str, Picks]:
        """Return a sentence as `say` does, and its picks.

        It keeps the slots of an earlier sentence, and most alternatives that both templates share.
        """
        if template not in self._parsed:
            self._parsed[template] = parse(template)
        picks = Picks()
        words = " ".join(self._spoken(self._parsed[template], rng, before, picks).split())
        return words.replace(" ?", "?").replace(" ,", ",").replace(" .", "."), picks

    def _spoken(self, sentence: Sentence, rng: random.Random, before: Picks, picks: Picks) -> str:
        return "".join(part if isinstance(part, str) else self._chosen(part, rng, before, picks) for part in sentence)

    def _chosen(self, part: Slot | Choice, rng: random.Random, before: Picks, picks: Picks) -> str:
        if isinstance(part, Choice):
            chosen = before.choices.get(part)
            if chosen is None or rng.random() < SHARE_REWORDED:
                chosen = rng.choice(part.alternatives)
            picks.choices[part] = chosen
            return self._spoken(chosen, rng, before, picks)
        if part.name not in self._slots:
            allowed = ", ".join(sorted(self._slots))
            raise GrammarError(f"A template names the slot {part.name!r}; allowed are {allowed}.")
        lines, kept = picks.slots.setdefault(part.name, []), before.slots.get(part.name, [])
        is_kept = len(lines) < len(kept)
        place = len(lines)
        line = kept[place] if is_kept else self._spoken(rng.choice(self._slots[part.name]), rng, before, picks)
        lines.append(line)
        return line


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
