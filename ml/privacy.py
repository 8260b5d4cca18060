"""Mask personal data and secrets in every text before it leaves this machine.

The patterns mask too much rather than too little: a number of seven digits is not needed to name or embed a topic. They
begin at word boundaries and use possessive quantifiers, so the time is linear in the text. Data without a pattern, such
as names of people and postal addresses, is not recognised.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES_OF_KEYS: Final = r"bearer|pass(?:word|wd|phrase|code)|pwd|pin|otp|secret|token|api[ _-]?key"
_MASKS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("[secret]", re.compile(r"-----BEGIN [A-Z ]{1,40}-----.*?(?:-----END [A-Z ]{1,40}-----|\Z)", re.DOTALL)),
    # A whole address, because its path and its query may both carry a token, and user and password may stand in front.
    ("[url]", re.compile(r"(?<![a-z0-9+.-])(?:[a-z0-9+.-]*+://|www\.)\S+", re.IGNORECASE)),
    ("[url]", re.compile(r"(?<![^\s\"'(<\[])[^\s:@/]++:[^\s@]++@\S+")),
    ("[url]", re.compile(r"(?<![\w.-])(?:[\w-]++\.)++[a-z]{2,}+[/?]\S+", re.IGNORECASE)),
    ("[email]", re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++\s?@\s?[\w-]++(?:\.[\w-]++)+")),
    (r"\g<name> [secret]", re.compile(r"\b(?P<name>authorization)\s*[:=]\s*(?:\w+\s+)?\S+", re.IGNORECASE)),
    (
        r"\g<name> [secret]",
        re.compile(
            rf"\b(?P<name>{_NAMES_OF_KEYS})\b(?:\s+is\b|\s*[:=])?\s*['\"]?(?=\S{{0,200}}\d)[^\s'\"]{{4,}}",
            re.IGNORECASE,
        ),
    ),
    # Said outright, a password need not hold a digit; after a colon and a space it must be all that follows.
    (
        r"\g<name> [secret]",
        re.compile(
            rf"\b(?P<name>{_NAMES_OF_KEYS})\s*(?:=\s*['\"]?|:['\"]?(?=\S)|:\s*['\"]|:\s+(?=\S{{1,200}}\s*(?:\Z|[\n,;])))[^\s'\"]{{4,}}",
            re.IGNORECASE,
        ),
    ),
    (
        "[secret]",
        re.compile(
            r"\b(?:sk|pk|rk|gh[opsru]|github_pat|glpat|xox[a-z]|hf|key|npm|pypi|shpat|whsec|lin_api)[-_][\w-]{8,}"
        ),
    ),
    ("[secret]", re.compile(r"\b(?:AKIA|ASIA|AIza|ya29\.|eyJ)[\w.+/=-]{8,}")),
    ("[iban]", re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")),
    ("[iban]", re.compile(r"\b[a-z]{2}\d{2}(?:[ -]?\d{4}){2,7}(?:[ -]?\d{1,3})?\b")),
    # Sixteen characters that mix letters and digits are no word of any language, nor are 24 that mix the cases.
    ("[secret]", re.compile(r"(?<![\w+/=-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[A-Za-z0-9_+/=-]{16,}+(?!\w)")),
    ("[secret]", re.compile(r"(?<![\w+/=-])(?=[A-Za-z+/=]*[a-z][A-Z])[A-Za-z+/=]{24,}+(?!\w)")),
)
_NUMBER: Final = re.compile(r"\+?\(?\d(?:[\s()._\-/\u00b7\u2010-\u2015]{0,3}\d){6,}")
"""Card, account and phone numbers, in any grouping."""
_IBAN_START: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ .-]?[A-Za-z0-9])")
_IBAN_LENGTHS: Final = range(15, 35)
_CARD_LENGTHS: Final = range(12, 20)


def mask_personal_data(text: str) -> str:
    """Replace e-mail addresses, phone, card and account numbers, IBANs, keys, passwords and URLs by placeholders.

    Returns:
        The text with `[email]`, `[card]`, `[number]`, `[iban]`, `[secret]` and `[url]`.
    """
    text = _mask_ibans(text)
    for replacement, pattern in _MASKS:
        text = pattern.sub(replacement, text)
    return _NUMBER.sub(_name_number, text)


def _name_number(found: re.Match[str]) -> str:
    digits = [int(character) for character in found.group() if character.isdecimal()]
    return "[card]" if len(digits) in _CARD_LENGTHS and _passes_luhn(digits) else "[number]"


def _passes_luhn(digits: list[int]) -> bool:
    """Verify the check digit of a card number (Luhn, ISO/IEC 7812-1)."""
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[-2::-2])  # noqa: PLR2004  # 2 * 5 has two digits
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _mask_ibans(text: str) -> str:
    """Mask IBANs with valid check digits (ISO 13616), in any case and grouping."""
    masked, end = "", 0
    for start in _IBAN_START.finditer(text):
        stop = max(_iban_ends(text, start.start()), default=0)
        if start.start() >= end and stop:
            masked += f"{text[end : start.start()]}[iban]"
            end = stop
    return masked + text[end:]


def _iban_ends(text: str, start: int) -> Iterator[int]:
    """Yield the possible ends of an IBAN that begins at `start`."""
    characters = ""
    place = start
    while len(characters) < _IBAN_LENGTHS.stop and place < len(text):
        if text[place].isascii() and text[place].isalnum():
            characters += text[place].upper()
            is_last = not text[place + 1 : place + 2].isalnum()
            if is_last and len(characters) in _IBAN_LENGTHS and _passes_mod_97(characters):
                yield place + 1
        elif text[place] not in " .-" or not text[place - 1].isalnum():
            return
        place += 1


def _passes_mod_97(iban: str) -> bool:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1
