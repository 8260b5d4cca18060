"""Find numbers that lead to a person: of telephones, cards and bank accounts."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]

_BEFORE: Final = r"(?<![A-Za-z0-9_])(?<!\d[-./])"
_AFTER: Final = r"(?![A-Za-z0-9_])(?![-./]\d)"

_PHONE_RUN: Final = re.compile(r"[+(]*\d(?:[\s.\-/()]{0,4}\d){7,}")
_PHONE: Final = re.compile(
    # A date comes first, so that no telephone number is found inside it.
    rf"(?P<date>{_BEFORE}\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d{{2}}){_AFTER})"
    # A plus sign and 8 to 15 digits, as E.164 has them.
    r"|(?<![A-Za-z0-9_])\+[1-9](?:[\s.\-/()]{0,3}\d){7,14}(?!\d)"
    # 00 in its place, if the digits are in groups.
    rf"|{_BEFORE}(?P<exit>00\s?[1-9]\d{{0,2}}(?:[\s.\-/()]{{1,3}}\d{{2,8}}){{2,5}}){_AFTER}"
    # A code in parentheses that is no year.
    rf"|(?P<code>(?:{_BEFORE}1[\s.-])?\((?!19\d\d\)|20\d\d\))0?\d{{2,4}}\)[\s/-]{{0,3}}"
    rf"(?:\d{{2,5}}(?:[\s.\-/]{{1,3}}\d{{2,5}}){{1,3}}|\d{{5,8}})){_AFTER}"
    # North America: 3, 3 and 4 digits.
    rf"|{_BEFORE}(?:1[\s.-])?[2-9]\d\d(?P<separator>[\s.-])[2-9]\d\d(?P=separator)\d{{4}}{_AFTER}"
    # A code that begins with one 0.
    rf"|{_BEFORE}(?P<trunk>0[1-9]\d{{0,4}}(?:(?:[\s.]|\s?[-/]\s?)\d{{2,8}}){{1,5}}){_AFTER}"
    # Mobile numbers of China and Korea, of India, of Spain, and those of Russia.
    rf"|{_BEFORE}1[3-9]\d[\s-]\d{{4}}[\s-]\d{{4}}{_AFTER}"
    rf"|{_BEFORE}[6-9]\d{{4}}[\s-]\d{{5}}{_AFTER}"
    rf"|{_BEFORE}[6-9]\d\d(?:\s\d\d){{3}}{_AFTER}"
    rf"|{_BEFORE}8[\s-]?\(?\d{{3}}\)?[\s-]?\d{{3}}[\s-]\d\d[\s-]\d\d{_AFTER}"
)
_NATIONAL_DIGITS: Final = range(9, 13)
_EXIT_DIGITS: Final = range(10, 18)
_THREES: Final = re.compile(r"\d{3}(?:[\s.]\d{3})*(?:[.,]\d\d)?")
_DIGIT_BEFORE: Final = re.compile(r"\d\s\Z")

_RUN: Final = re.compile(r"(?<![A-Za-z0-9_])\d(?:[\s.\-\u00b7_]{0,3}\d){11,}(?![A-Za-z0-9])")
_GROUP: Final = re.compile(r"\d+")
_MAX_DOTTED_GROUP: Final = 6
_CARD_DIGITS: Final = range(12, 20)

_IBAN_START: Final = re.compile(
    # With a space behind it, only capitals are a country: two letters and a number are "is 49", "at 12" and so on.
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{2}|[A-Z]{2}[\s.-])\d[\s.-]?\d(?=[\s.-]{0,2}[A-Za-z0-9])"
)
_IBAN_CHARACTER: Final = re.compile(r"[\s.-]{0,2}([A-Za-z0-9])")
_IBAN_LENGTHS: Final = {
    code: length
    for length, codes in {
        15: "NO",
        16: "BE BI",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "AO CV GW LY PT ST",
        26: "IR IS TR",
        27: "BF BJ CF CG CI CM DJ DZ FR GA GQ GR IT KM MC MG ML MR MZ SM SN TD",
        28: "AL AZ BY CY DO GT HN HU LB MA NE NI PL SV TG",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for code in codes.split()
}
"""Characters of an IBAN by country: the SWIFT registry (ISO 13616), and countries that use the form outside it."""


_FULL_STOP: Final = re.compile(r"\.\s+")


def phones(text: str) -> Iterator[Span]:
    """Yield telephone numbers.

    Digits alone are none: there must be a plus sign, or separators at places where a country puts them.
    """
    for run in _PHONE_RUN.finditer(text):
        for found in _PHONE.finditer(text, run.start(), run.end() + 1):
            if found["date"] is None and _is_plausible(found):
                yield found.span()


def _is_plausible(found: re.Match[str]) -> bool:
    """Say whether a number has the digits of its kind, and is not the rest of an amount in groups of three."""
    grouped = found["trunk"] or found["exit"] or found["code"]
    if grouped is None:
        return True
    is_rest = _THREES.fullmatch(grouped) and _DIGIT_BEFORE.search(
        found.string, max(0, found.start() - 2), found.start()
    )
    digits = sum(map(str.isdigit, grouped))
    return not is_rest and digits in (_EXIT_DIGITS if found["exit"] else _NATIONAL_DIGITS)


def cards(text: str) -> Iterator[Span]:
    """Yield numbers of cards: of a network's first digits and lengths, with the check digit of Luhn (ISO/IEC 7812-1).

    They may be divided in any way by spaces, line ends, hyphens and dots.
    """
    for run in _RUN.finditer(text):
        start = run.start()
        for full_stop in _FULL_STOP.finditer(text, *run.span()):
            yield from _cards_in(text, start, full_stop.start())
            start = full_stop.end()
        if start < run.end():
            yield from _cards_in(text, start, run.end())


def _cards_in(text: str, start: int, end: int) -> Iterator[Span]:
    groups = [group.span() for group in _GROUP.finditer(text, start, end)]
    if "." in text[start:end] and max((stop - begin for begin, stop in groups), default=0) > _MAX_DOTTED_GROUP:
        # A decimal number is no part of a card, but may stand beside one: an amount, say.
        yield from (span for span in groups if _is_alone(text, span, start, end) and is_card(text[slice(*span)]))
        return
    digits = "".join(text[begin:stop] for begin, stop in groups)
    ends = list(accumulate(stop - begin for begin, stop in groups))
    sums: _LuhnSums | None = None
    done = 0
    for (begin, stop), after in zip(groups, ends, strict=True):
        first = after - (stop - begin)
        if first < done or not (begin == start or text[begin - 1].isspace()):
            continue  # a group behind a hyphen or a dot belongs to the number before it
        for length in card_lengths(digits[first : first + 6]):
            last = bisect_left(ends, first + length)
            if last >= len(ends) or ends[last] != first + length:
                continue
            sums = sums or _LuhnSums(digits)  # few runs of digits begin like a card
            is_last = groups[last][1] == end or text[groups[last][1]].isspace()
            if is_last and sums.are_valid(first, first + length):
                yield begin, groups[last][1]
                done = first + length
                break


def _is_alone(text: str, span: Span, start: int, end: int) -> bool:
    begin, stop = span
    return (begin == start or text[begin - 1].isspace()) and (stop == end or text[stop].isspace())


_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
"""By digit, the digits of twice its value, added up."""


class _LuhnSums:
    """The sums of Luhn's method over every stretch of some digits, each in constant time."""

    def __init__(self, digits: str) -> None:
        values, doubled = (digits.encode().translate(table) for table in (_VALUES, _DOUBLED))
        even, odd = bytearray(values), bytearray(doubled)
        even[1::2], odd[1::2] = doubled[1::2], values[1::2]
        self._even, self._odd = [0, *accumulate(even)], [0, *accumulate(odd)]

    def are_valid(self, start: int, end: int) -> bool:
        """Say whether the last digit is the check digit of those before it."""
        sums = self._even if (end - 1) % 2 == 0 else self._odd  # the last digit is not doubled
        return (sums[end] - sums[start]) % 10 == 0


def is_card(digits: str) -> bool:
    """Say whether digits are the number of a card."""
    return len(digits) in card_lengths(digits[:6]) and _LuhnSums(digits).are_valid(0, len(digits))


def card_lengths(start: str) -> tuple[int, ...]:  # noqa: PLR0911  # one per network
    """Return the lengths of cards whose first six digits are these, the longest first; none for no network's."""
    if len(start) < 6:  # noqa: PLR2004
        return ()
    two, four = int(start[:2]), int(start[:4])
    if start[0] == "4":
        return 19, 16, 13  # Visa
    if 51 <= two <= 55 or 2221 <= four <= 2720:  # noqa: PLR2004
        return (16,)  # Mastercard
    if two in {34, 37}:
        return (15,)  # American Express
    if two in {36, 38, 39} or 300 <= int(start[:3]) <= 305:  # noqa: PLR2004
        return 19, 16, 14  # Diners Club
    if 3528 <= four <= 3589:  # noqa: PLR2004
        return 19, 16  # JCB
    if two in {62, 65, 81, 60} or 644 <= int(start[:3]) <= 649 or 2200 <= four <= 2204:  # noqa: PLR2004
        return 19, 18, 17, 16  # UnionPay, Discover, RuPay, Mir
    if four in {5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763}:
        return 19, 18, 17, 16, 15, 14, 13, 12  # Maestro
    return ()


def ibans(text: str) -> Iterator[Span]:
    """Yield IBANs of their country's length with valid check digits (ISO 13616), in any case and grouping."""
    done = 0
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(start.group()[:2].upper())
        if length is None or start.start() < done:
            continue
        end = _iban_end(text, start.start(), length)
        if end:
            yield start.start(), end
            done = end


def _iban_end(text: str, start: int, length: int) -> int:
    """Return the end of the IBAN that begins at `start`; 0 if there is none."""
    characters, place = "", start
    while len(characters) < length:
        found = _IBAN_CHARACTER.match(text, place)
        if found is None:
            return 0
        characters += found[1]
        place = found.end()
    is_whole = not (text[place : place + 1].isascii() and text[place : place + 1].isalnum())
    return place if is_whole and _passes_mod_97(characters.upper()) else 0


def _passes_mod_97(iban: str) -> bool:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1
