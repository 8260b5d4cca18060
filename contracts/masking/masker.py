"""Mask texts and JSON values by a project's rule."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from contracts.masking.folding import fold
from contracts.masking.kinds import COLONS_OF_IP_V6, KINDS, NUMBER_KINDS
from contracts.masking.numbers import is_card
from contracts.masking.own_patterns import OwnPattern, own_spans

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from contracts.masking.numbers import Span

OPEN, CLOSE = "\u2039", "\u203a"
_MASK: Final = re.compile(f"{OPEN}[a-z][a-z0-9_-]{{0,19}}{CLOSE}")
_KNOWN_MASK: Final = re.compile(f" *{OPEN}(?:{'|'.join(KINDS)}){CLOSE} *")
_CUT_MASK: Final = re.compile(f"{OPEN}[a-z0-9_-]{{0,20}}\\Z")
_MARK: Final = re.compile("[0-9@_-]")
_ANY_MARK: Final = re.compile(
    r"[\d@\uff20\ufe6b_\-\u2010-\u2015\uff0d\uff3f\u00b2\u00b3\u00b9\u2070-\u209c\u2460-\u24ff\u2776-\u2793\U0001f100-\U0001f10a]"
)
_DIGITS: Final = re.compile(r"\d(?:[^A-Za-z0-9]{0,4}\d){3}")
_NUMBER: Final = re.compile(r"\d(?:[\s.\-/()\u00b7_]{0,4}\d){6}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/_-]{15}|PRIVATE KEY")
_MAX_KEY_CHARACTERS: Final = 240
"""Leaves room for a number behind a masked key within the limit of the contract."""
_MAX_REMEMBERED: Final = 10_000
_MAX_REMEMBERED_CHARACTERS: Final = 32
_HYPHENS_OF_UUID: Final = 4
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_MAX_PASSES: Final = 4
_MIN_CARD: Final = 10**11
_MAX_CARD: Final = 10**19


@dataclass(frozen=True)
class MaskingRule:
    """What a project masks.

    Args:
        kinds: Names of `KINDS`.
        own: Patterns that `check_own_pattern` has allowed.
    """

    kinds: frozenset[str] = frozenset()
    own: tuple[OwnPattern, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is masked."""
        return not self.kinds and not self.own

    @property
    def names(self) -> list[str]:
        """The kinds in their order, then the names of its own patterns."""
        return [*(kind for kind in KINDS if kind in self.kinds), *(own.name for own in self.own)]

    def to_json(self) -> str:
        """Return the rule as it is stored."""
        return json.dumps({"kinds": sorted(self.kinds), "own": {own.name: own.pattern for own in self.own}})

    @classmethod
    def from_json(cls, text: str) -> MaskingRule:
        """Return the rule that `to_json` wrote."""
        held = json.loads(text)
        return cls(frozenset(held["kinds"]), tuple(OwnPattern(*own) for own in held["own"].items()))


ALL_KINDS: Final = MaskingRule(frozenset(KINDS))


class Masker:
    """Masks by one rule. `counts` has the number of masks by name since it was last emptied."""

    def __init__(self, rule: MaskingRule) -> None:
        self._finders = [(name, find) for name, find in KINDS.items() if name in rule.kinds]
        self._finders_without_numbers = [(name, find) for name, find in self._finders if name not in NUMBER_KINDS]
        self._own = rule.own
        self.rule = rule
        self._masks_cards = "card" in rule.kinds
        self._clean: set[str] = set()
        self.counts: Counter[str] = Counter()

    def text(self, text: str, most: int | None = None) -> str:
        """Return the text with `‹kind›` in place of each find; masking it again changes nothing.

        Args:
            text: Any text.
            most: The text is cut to so many characters if masks have made it longer.
        """
        is_short = len(text) <= _MAX_REMEMBERED_CHARACTERS
        if is_short and text in self._clean:
            return text
        if not self._own and not _may_hold_any(text):
            if is_short:
                self._remember(text)
            return text
        masked = text
        for _ in range(_MAX_PASSES):
            before, masked = masked, self._once(masked)
            if masked is before:
                break
            if most is not None and len(masked) > most:
                masked = _CUT_MASK.sub("", masked[:most])
            # A mask may set apart what was one word with its neighbour, so another pass looks at what is left.
            if not self._own and not _may_hold_any(masked):
                break
        if masked is text and is_short:
            self._remember(text)
        return masked

    def _remember(self, text: str) -> None:
        """Remember a short text without a find, because keys and values of enum fields come again and again."""
        if len(self._clean) >= _MAX_REMEMBERED:
            self._clean.clear()
        self._clean.add(text)

    def value(self, value: Any, most: int | None = None) -> Any:
        """Return a JSON value with all its texts masked, also the keys of objects, and numbers that are a card's.

        A value without any find is returned as it is, not copied.
        """
        kind = type(value)
        if kind is str:
            return self.text(value, most)
        if kind is dict:
            return self._object(value, most)
        if kind is list:
            masked = [self.value(item, most) for item in value]
            return value if all(one is other for one, other in zip(masked, value, strict=True)) else masked
        if (kind is int or kind is float) and self._masks_cards and _MIN_CARD <= value < _MAX_CARD:
            return self._number(value)
        return value

    def _object(self, fields: dict[str, Any], most: int | None) -> dict[str, Any]:
        masked: dict[str, Any] | None = None
        numbers: dict[str, int] = {}
        clean = self._clean
        for place, (key, value) in enumerate(fields.items()):
            new_key = key if key in clean else self.text(key, _MAX_KEY_CHARACTERS)
            if type(value) is str:
                new_value: Any = value if value in clean else self.text(value, most)
            else:
                new_value = self.value(value, most)
            if masked is None:
                if new_key is key and new_value is value:
                    continue
                masked = dict(islice(fields.items(), place))
            base = new_key
            while new_key is not key and (new_key in masked or new_key in fields):
                numbers[base] = numbers.get(base, 1) + 1
                new_key = f"{base} {numbers[base]}"  # values whose keys have the same mask stay apart
            masked[new_key] = new_value
        return fields if masked is None else masked

    def _number(self, number: float) -> Any:
        if number == int(number) and is_card(str(int(number))):
            self.counts["card"] += 1
            return f"{OPEN}card{CLOSE}"
        return number

    def _once(self, text: str) -> str:
        folded = fold(text)
        if folded.text.count("-") >= _HYPHENS_OF_UUID:
            folded = folded._replace(text=_UUID.sub(_hide, folded.text))
        finders = self._finders if _NUMBER.search(folded.text) else self._finders_without_numbers
        found = [(*folded.original(*span), name) for name, find in finders for span in find(folded.text)]
        found.extend(
            (*folded.original(*span), own.name) for own in self._own for span in self._own_spans(own, folded.text)
        )
        if not found:
            return text
        pieces: list[str] = []
        end = 0
        for start, stop, name in _merged(found):
            pieces += (text[end:start], OPEN, name, CLOSE)
            self.counts[name] += 1
            end = stop
        pieces.append(text[end:])
        return "".join(pieces)

    @staticmethod
    def _own_spans(own: OwnPattern, text: str) -> Iterator[Span]:
        """Yield what matches, except inside masks, and except what is a mask of the same name already."""
        masks = [mask.span() for mask in _MASK.finditer(text)] if OPEN in text else []
        place = 0
        for start, end in own_spans(own, text):
            while place < len(masks) and masks[place][1] <= start:
                place += 1
            if place == len(masks) or not masks[place][0] <= start < end <= masks[place][1]:
                yield start, end


def without_masks(text: str) -> str:
    """Return the text without masks of known kinds; unchanged if nothing but masks has letters."""
    if OPEN not in text:
        return text
    rest = _KNOWN_MASK.sub(" ", text).strip()
    return rest if any(map(str.isalpha, rest)) else text


def blank_masks(text: str) -> str:
    """Return the text with `‹›` in place of each mask, so that no kind of data counts as a word."""
    return _MASK.sub(OPEN + CLOSE, text) if OPEN in text else text


def _may_hold_any(text: str) -> bool:
    """Say whether a text has what every find has: most texts do not, and are not looked at further."""
    mark = _MARK if text.isascii() else _ANY_MARK
    if mark.search(text) is None and "AKIA" not in text:
        return False
    return (
        not text.isascii()
        or "@" in text
        or "::" in text
        or text.count(":") >= COLONS_OF_IP_V6
        or any(spelling in text for spelling in ("%40", "&#64;", "\\u0040"))
        or _DIGITS.search(text) is not None
        or _TOKEN.search(text) is not None
    )


def _hide(uuid: re.Match[str]) -> str:
    """Return letters in place of a UUID, in whose digits nothing is to be found."""
    return "x" * len(uuid.group())


def _merged(found: Collection[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield the spans in order, those that overlap as one, with the name of the longest."""
    ordered = sorted(found, key=lambda one: one[0])
    start, end, name = ordered[0]
    longest = end - start
    for other_start, other_end, other_name in ordered[1:]:
        if other_start >= end:
            yield start, end, name
            start, end, name, longest = other_start, other_end, other_name, other_end - other_start
            continue
        if other_end - other_start > longest:
            name, longest = other_name, other_end - other_start
        end = max(end, other_end)
    yield start, end, name
