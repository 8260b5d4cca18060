"""Turn an intent into what one particular user types: length, tone, case, punctuation and typos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.grammar import Picks

if TYPE_CHECKING:
    import random

    from demo.phrasebook import Phrasebook

MAX_TYPED_DIGITS = 2
MIN_TYPO_CHARACTERS = 4
END_MARKS = ".?!:)"

SHARE_SHORTENED = 0.2
"""Share of repeated requests that are a few words."""
SHARE_EXPLAINED = 0.25
"""Share of repeated requests with another detail."""
SHARE_COMPLAINED = 0.15
"""Share of repeated requests that begin by saying that they are one."""


@dataclass(frozen=True)
class Style:
    """How a user writes: probabilities from 0 to 1, drawn for each message."""

    terse: float
    chatty: float
    lower_case: float
    drops_punctuation: float
    typo: float


def invent_style(rng: random.Random) -> Style:
    """Invent the habits of one user: most write plainly, some in haste, a few at length."""
    hasty = rng.random() < 0.35  # noqa: PLR2004 - a third of the users type like in a chat
    return Style(
        terse=rng.uniform(0.2, 0.45) if hasty else rng.uniform(0.02, 0.2),
        chatty=rng.uniform(0.05, 0.2) if hasty else rng.uniform(0.15, 0.5),
        lower_case=rng.uniform(0.6, 1.0) if hasty else rng.uniform(0.0, 0.2),
        drops_punctuation=rng.uniform(0.4, 0.9) if hasty else rng.uniform(0.0, 0.2),
        typo=rng.uniform(0.1, 0.35) if hasty else rng.uniform(0.0, 0.1),
    )


@dataclass(frozen=True)
class Request:
    """A message that carries an intent.

    Attributes:
        intent: the intent.
        text: what the user types.
        template: the template of its question.
        picks: what that was made of.
        said: the question, after what was said before.
    """

    intent: str
    text: str
    template: str
    picks: Picks
    said: tuple[str, ...]


class Writer:
    """Writes the messages of users."""

    def __init__(self, phrasebook: Phrasebook) -> None:
        self._book = phrasebook

    def ask(self, intent: str, style: Style, rng: random.Random) -> Request:
        """Return a message that carries the intent, from two words to several sentences."""
        words, kind = self._book.intents[intent], rng.random()
        template = rng.choice(words.short if kind < style.terse else words.asks)
        question, picks = self._book.grammar.word(template, rng, Picks())
        text = question
        if kind >= 1 - style.chatty:
            text = self._chatty(question, intent, rng)
        elif kind >= style.terse:
            text = self._plain(question, rng)
        return Request(intent, _typed(text, style, rng), template, picks, (text, question))

    def ask_again(self, request: Request, style: Style, rng: random.Random) -> Request:
        """Return a message that says the request in other words: it is about the same things, and never a copy."""
        words, grammar, kind = self._book.intents[request.intent], self._book.grammar, rng.random()
        template = request.template
        if kind < SHARE_SHORTENED:
            template = max(words.short, key=lambda short: _overlap(grammar.word(short, rng, request.picks)[0], request))
        is_explained = kind > 1 - SHARE_EXPLAINED
        while True:
            question, picks = grammar.word(template, rng, request.picks)
            if is_explained:
                question = f"{_ended(question)} {self._say(words.details, rng)}"
            if _letters(question) not in map(_letters, request.said):
                break
            is_explained = True
        is_complaint = rng.random() < SHARE_COMPLAINED
        text = f"{self._say(self._book.smalltalk.again, rng)} {question}" if is_complaint else question
        return Request(request.intent, _typed(text, style, rng), template, picks, (*request.said, question))

    def answer(self, intent: str, style: Style, rng: random.Random) -> str | None:
        """Return a message that answers, adds or chooses after one about the intent; None if it has no answers."""
        answers = self._book.intents[intent].answers
        return _typed(self._say(answers, rng), style, rng) if answers else None

    def filler(self, style: Style, rng: random.Random) -> str:
        """Return a message without an intent: thanks, yes, a number."""
        text = self._say(self._book.smalltalk.filler, rng)
        return text if len(text) <= MAX_TYPED_DIGITS else _typed(text, style, rng)

    def off_topic(self, style: Style, rng: random.Random) -> str:
        """Return a message that has nothing to do with the product."""
        return _typed(self._say(self._book.smalltalk.off_topic, rng), style, rng)

    def _plain(self, question: str, rng: random.Random) -> str:
        """Return a question, perhaps with a greeting and a closing."""
        talk = self._book.smalltalk
        parts = [question]
        if rng.random() < 0.3:  # noqa: PLR2004 - a share, as everywhere below
            parts.insert(0, self._say(talk.openers, rng))
        if rng.random() < 0.15:  # noqa: PLR2004
            parts.append(self._say(talk.closers, rng))
        return " ".join(parts)

    def _chatty(self, question: str, intent: str, rng: random.Random) -> str:
        """Return several sentences: who asks, the question, and what else the user thinks matters."""
        talk, words = self._book.smalltalk, self._book.intents[intent]
        details = rng.sample(words.details, k=rng.choice((1, 1, 2)))
        parts = [_ended(question), *(self._book.grammar.say(detail, rng) for detail in details)]
        if rng.random() < 0.4:  # noqa: PLR2004
            parts.insert(0, self._say(talk.contexts, rng))
        if rng.random() < 0.25:  # noqa: PLR2004 - some tell the story first and ask last
            parts.reverse()
        if rng.random() < 0.35:  # noqa: PLR2004
            parts.insert(0, self._say(talk.openers, rng))
        if rng.random() < 0.25:  # noqa: PLR2004
            parts.append(self._say(talk.closers, rng))
        return " ".join(parts)

    def _say(self, templates: tuple[str, ...], rng: random.Random) -> str:
        return self._book.grammar.say(rng.choice(templates), rng)


def _overlap(sentence: str, request: Request) -> int:
    """Return how many words of the request a sentence has."""
    return len(set(sentence.casefold().split()) & set(request.said[-1].casefold().split()))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in END_MARKS else f"{sentence}."


def _typed(text: str, style: Style, rng: random.Random) -> str:
    """Return the text as the user types it."""
    text = text.lower() if rng.random() < style.lower_case else text[0].upper() + text[1:]
    if rng.random() < style.drops_punctuation:
        text = " ".join("".join(letter for letter in text if letter not in "?!.,'").split()) or text
    while rng.random() < style.typo:
        text = _with_typo(text, rng)
    return text


def _with_typo(text: str, rng: random.Random) -> str:
    """Make a typo in one longer word: swap two letters, drop one or double one; keep the first letter."""
    words = text.split(" ")
    places = [place for place, word in enumerate(words) if len(word) >= MIN_TYPO_CHARACTERS and word.isalpha()]
    if not places:
        return text
    place = rng.choice(places)
    word = words[place]
    at = rng.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    missing = word[:at] + word[at + 1 :]
    doubled = word[:at] + word[at] + word[at:]
    words[place] = rng.choice((swapped, missing, doubled))
    return " ".join(words)
