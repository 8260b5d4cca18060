"""Sentences that the command line and the pages share."""

from __future__ import annotations

from typing import Any

from dash import html


def with_code(sentence: str) -> Any:
    """Show the commands in a sentence, which are between backticks, as code; return the plain text without any."""
    parts = sentence.split("`")
    if len(parts) == 1:
        return sentence
    return [html.Code(part) if place % 2 else part for place, part in enumerate(parts) if part]
