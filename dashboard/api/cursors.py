"""Cursors: the position of the next page in the result of one request on one published version."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from dashboard.api.problems import ApiProblem

if TYPE_CHECKING:
    from dashboard.api.choices import Choices

MAX_OFFSET = 10_000_000_000


@dataclass(frozen=True)
class Cursor:
    """A position in the rows of one request on one published version.

    Attributes:
        version: name of the version; it is read until the last page even after a newer one is published.
        question: digest of the resource and of all parameters except the limit and the format.
        offset: number of rows before the page.
    """

    version: str
    question: str
    offset: int

    def write(self) -> str:
        """Return the cursor as a parameter's value."""
        return base64.urlsafe_b64encode(orjson.dumps([self.version, self.question, self.offset])).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, question: str) -> Cursor:
        """Parse a cursor that belongs to a request.

        Raises:
            ApiProblem: 400: it is malformed, or belongs to another request.
        """
        try:
            parts = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            version, of_question, offset = parts
        except (binascii.Error, ValueError, TypeError):
            raise _no_cursor() from None
        if not isinstance(version, str) or type(offset) is not int or not 0 <= offset <= MAX_OFFSET:
            raise _no_cursor()
        if of_question != question:
            raise ApiProblem(
                400, "The cursor belongs to another request; only limit and format may change between pages."
            )
        return cls(version, question, offset)


def question_of(path: str, project_id: str, choices: Choices) -> str:
    """Return the digest of a request."""
    chosen = choices.model_dump(mode="json", exclude={"limit", "cursor", "format", "project"})
    asked = [path, project_id, sorted(chosen.items()), choices.values]
    return hashlib.sha256(orjson.dumps(asked)).hexdigest()[:16]


def _no_cursor() -> ApiProblem:
    return ApiProblem(400, "The cursor is not valid; use the next_cursor of the previous page.")
