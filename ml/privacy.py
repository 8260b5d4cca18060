"""Mask personal data and secrets in every text before it leaves this machine.

First goes what the collector can mask (`masking`). The patterns here then mask too much rather than too little: a
number of seven digits is not needed to name or embed a topic. They begin at word boundaries and use possessive
quantifiers, so the time is linear in the text. Data without a pattern, such as names of people and postal addresses, is
not recognised.
"""

from __future__ import annotations

import re
from typing import Final

from contracts.masking.masker import ALL_KINDS, Masker

_MASKER: Final = Masker(ALL_KINDS)
_NAMES_OF_KEYS: Final = r"bearer|pass(?:word|wd|phrase|code)|pwd|pin|otp|secret|token|api[ _-]?key"
_MASKS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("‹secret›", re.compile(r"-----BEGIN [A-Z ]{1,40}-----.*?(?:-----END [A-Z ]{1,40}-----|\Z)", re.DOTALL)),
    # A whole address, because its path and its query may both carry a token, and user and password may stand in front.
    ("‹url›", re.compile(r"(?<![a-z0-9+.-])(?:[a-z0-9+.-]*+://|www\.)\S+", re.IGNORECASE)),
    ("‹url›", re.compile(r"(?<![^\s\"'(<\[])[^\s:@/]++:[^\s@]++@\S+")),
    ("‹url›", re.compile(r"(?<![\w.-])(?:[\w-]++\.)++[a-z]{2,}+[/?]\S+", re.IGNORECASE)),
    ("‹email›", re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++\s?@\s?[\w-]++(?:\.[\w-]++)+")),
    (r"\g<name> ‹secret›", re.compile(r"\b(?P<name>authorization)\s*[:=]\s*(?:\w+\s+)?\S+", re.IGNORECASE)),
    (
        r"\g<name> ‹secret›",
        re.compile(
            rf"\b(?P<name>{_NAMES_OF_KEYS})\b(?:\s+is\b|\s*[:=])?\s*['\"]?(?=\S{{0,200}}\d)[^\s'\"]{{4,}}",
            re.IGNORECASE,
        ),
    ),
    # Said outright, a password need not hold a digit; after a colon and a space it must be all that follows.
    (
        r"\g<name> ‹secret›",
        re.compile(
            rf"\b(?P<name>{_NAMES_OF_KEYS})\s*(?:=\s*['\"]?|:['\"]?(?=\S)|:\s*['\"]|:\s+(?=\S{{1,200}}\s*(?:\Z|[\n,;])))[^\s'\"]{{4,}}",
            re.IGNORECASE,
        ),
    ),
    (
        "‹secret›",
        re.compile(
            r"\b(?:sk|pk|rk|gh[opsru]|github_pat|glpat|xox[a-z]|hf|key|npm|pypi|shpat|whsec|lin_api)[-_][\w-]{8,}"
        ),
    ),
    ("‹secret›", re.compile(r"\b(?:AKIA|ASIA|AIza|ya29\.|eyJ)[\w.+/=-]{8,}")),
    ("‹iban›", re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")),
    ("‹iban›", re.compile(r"\b[a-z]{2}\d{2}(?:[ -]?\d{4}){2,7}(?:[ -]?\d{1,3})?\b")),
    # Sixteen characters that mix letters and digits are no word of any language, nor are 24 that mix the cases.
    ("‹secret›", re.compile(r"(?<![\w+/=-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[A-Za-z0-9_+/=-]{16,}+(?!\w)")),
    ("‹secret›", re.compile(r"(?<![\w+/=-])(?=[A-Za-z+/=]*[a-z][A-Z])[A-Za-z+/=]{24,}+(?!\w)")),
    # Card, account and phone numbers, in any grouping.
    ("‹number›", re.compile(r"\+?\(?\d(?:[\s()._\-/\u00b7\u2010-\u2015]{0,3}\d){6,}")),
)


def mask_personal_data(text: str) -> str:
    """Replace e-mail addresses, phone, card and account numbers, IBANs, keys, passwords and URLs by placeholders.

    Returns:
        The text with `‹email›`, `‹phone›`, `‹card›`, `‹number›`, `‹iban›`, `‹ip›`, `‹secret›` and `‹url›`.
    """
    text = _MASKER.text(text)
    for replacement, pattern in _MASKS:
        text = pattern.sub(replacement, text)
    return text
