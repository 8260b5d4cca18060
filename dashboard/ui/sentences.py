"""Show sentences that the command line and the pages share."""

from __future__ import annotations

from typing import Any

from dash import html


def with_code(sentence: str) -> Any:
    """Show the commands in a sentence, which stand between backticks, as code; the sentence itself without any."""
    parts = sentence.split("`")
    if len(parts) == 1:
        return sentence
    return [html.Code(part) if place % 2 else part for place, part in enumerate(parts) if part]
