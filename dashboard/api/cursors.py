"""Cursors: where the next answer begins, of which version, and of which question."""

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
    """A place in the rows that one published version has for one question.

    Attributes:
        version: name of the version, which goes on being read after a newer one is published.
        question: digest of the resource and of all that was chosen, but for how much of it and in which format.
        offset: rows before.
    """

    version: str
    question: str
    offset: int

    def write(self) -> str:
        """Return the cursor as a parameter."""
        return base64.urlsafe_b64encode(orjson.dumps([self.version, self.question, self.offset])).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, question: str) -> Cursor:
        """Read a cursor for a question.

        Raises:
            ApiProblem: 400: it is none, or one of another question.
        """
        try:
            parts = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            version, of_question, offset = parts
        except (binascii.Error, ValueError, TypeError):
            raise _no_cursor() from None
        if not isinstance(version, str) or type(offset) is not int or not 0 <= offset <= MAX_OFFSET:
            raise _no_cursor()
        if of_question != question:
            raise ApiProblem(400, "The cursor is of another request; only limit and format may differ from that one.")
        return cls(version, question, offset)


def question_of(path: str, project_id: str, choices: Choices) -> str:
    """Return the digest of what is asked."""
    chosen = choices.model_dump(mode="json", exclude={"limit", "cursor", "format", "project"})
    asked = [path, project_id, sorted(chosen.items()), choices.values]
    return hashlib.sha256(orjson.dumps(asked)).hexdigest()[:16]


def _no_cursor() -> ApiProblem:
    return ApiProblem(400, "The cursor is none of this API's; use the next_cursor of the answer before.")
