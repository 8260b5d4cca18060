"""Personal data and secrets are masked in every text before it leaves this machine.

The patterns rather mask too much than too little: to name or embed a topic nobody needs a number of seven digits.
Each can begin only where a word begins and takes what it takes for good: time grows with the text alone.
"""

from __future__ import annotations

import re
from typing import Final

_MASKS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    # A whole address, because its path and its query may both carry a token.
    ("[url]", re.compile(r"(?<![a-z0-9+.-])(?:[a-z0-9+.-]*+://|www\.)\S+", re.IGNORECASE)),
    ("[url]", re.compile(r"(?<![\w.-])(?:[\w-]++\.)++[a-z]{2,}+[/?]\S+", re.IGNORECASE)),
    ("[email]", re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++\s?@\s?[\w-]++(?:\.[\w-]++)+")),
    (
        r"\g<name> [secret]",
        re.compile(
            r"\b(?P<name>bearer|pass(?:word|wd|phrase|code)|pwd|pin|otp|secret|token|api[ _-]?key)\b"
            r"(?:\s+is\b|\s*[:=])?\s*['\"]?(?=\S*\d)[^\s'\"]{4,}",
            re.IGNORECASE,
        ),
    ),
    ("[secret]", re.compile(r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[a-z]|hf|key)[-_][\w-]{8,}")),
    ("[secret]", re.compile(r"\b(?:AKIA|ASIA|AIza|ya29\.|eyJ)[\w.+/=-]{8,}")),
    ("[iban]", re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")),
    ("[iban]", re.compile(r"\b[a-z]{2}\d{2}(?:[ -]?\d{4}){2,7}(?:[ -]?\d{1,3})?\b")),
    # Sixteen characters that mix letters and digits are no word of any language.
    ("[secret]", re.compile(r"(?<![\w+/=-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[A-Za-z0-9_+/=-]{16,}+(?!\w)")),
    # Card, account and phone numbers, however they are grouped.
    ("[number]", re.compile(r"\+?\(?\d(?:[\s().\-/\u2010-\u2015]{0,3}\d){6,}")),
)


def mask_personal_data(text: str) -> str:
    """Replace e-mail addresses, phone, card and account numbers, IBANs, keys, passwords and URLs by what they are.

    Returns:
        The text with `[email]`, `[number]`, `[iban]`, `[secret]` and `[url]` in their places.
    """
    for replacement, pattern in _MASKS:
        text = pattern.sub(replacement, text)
    return text
