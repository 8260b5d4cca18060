"""The phrases of the simulated users, from the files in `phrases/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from demo.errors import GrammarError
from demo.grammar import Grammar

SLOT_FILE = "slots.toml"
SMALLTALK_FILE = "smalltalk.toml"
INTENT_FILES = ("evaluating.toml", "billing.toml", "account.toml", "working.toml", "trouble.toml")


@dataclass(frozen=True)
class Intent:
    """An intent of users, as templates: whole questions, a few words, and sentences that add detail.

    `answers` are messages with which users answer, add or choose afterwards; not every intent has any.
    """

    name: str
    asks: tuple[str, ...]
    short: tuple[str, ...]
    details: tuple[str, ...]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Smalltalk:
    """Templates of small talk around the questions."""

    filler: tuple[str, ...]
    off_topic: tuple[str, ...]
    openers: tuple[str, ...]
    contexts: tuple[str, ...]
    closers: tuple[str, ...]
    again: tuple[str, ...]


@dataclass(frozen=True)
class Phrasebook:
    """All phrases, and the grammar that expands them."""

    intents: dict[str, Intent]
    smalltalk: Smalltalk
    grammar: Grammar


def load_phrasebook() -> Phrasebook:
    """Load the phrase files of this package.

    Raises:
        GrammarError: a file lacks a list of templates, or two files have the same intent.
    """
    intents: dict[str, Intent] = {}
    for file in INTENT_FILES:
        for name, block in _read(file).items():
            if name in intents:
                raise GrammarError(f"Intent {name!r} of {file} is in another phrase file too.")
            names = ("asks", "short", "details", *(["answers"] if "answers" in block else []))
            intents[name] = Intent(name, **{part: _lines(block, part, file) for part in names})
    talk = _read(SMALLTALK_FILE)
    parts = Smalltalk.__dataclass_fields__
    smalltalk = Smalltalk(**{part: _lines(talk, part, SMALLTALK_FILE) for part in parts})
    slots = _read(SLOT_FILE)
    return Phrasebook(intents, smalltalk, Grammar({slot: _lines(slots, slot, SLOT_FILE) for slot in slots}))


def _read(file: str) -> dict[str, Any]:
    return tomllib.loads(files("demo").joinpath("phrases", file).read_text(encoding="utf-8"))


def _lines(block: dict[str, Any], part: str, file: str) -> tuple[str, ...]:
    lines = tuple(line.strip() for line in str(block.get(part, "")).splitlines() if line.strip())
    if not lines:
        raise GrammarError(f"Phrase file {file} has no templates for {part!r}.")
    return lines
