"""What a page is made from: the address, one snapshot of the marts, and the project that both speak of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dashboard.theme import series_colours

if TYPE_CHECKING:
    from dashboard.address import Address
    from dashboard.published import Row, Snapshot


@dataclass(frozen=True)
class View:
    """One look at one project. Queries run through it, so that no page can forget the project."""

    address: Address
    snapshot: Snapshot
    project_id: str

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """Rows of a query about this project."""
        return self.snapshot.rows(query, project_id=self.project_id, **parameters)

    def row(self, query: str, **parameters: object) -> Row:
        """The only row of a query about this project."""
        return self.snapshot.row(query, project_id=self.project_id, **parameters)

    @cached_property
    def text_fields(self) -> list[str]:
        """The project's text fields, the one that journeys are made of first."""
        return [row["field"] for row in self.rows("text_fields")]

    @property
    def field(self) -> str | None:
        """The text field this look is at: the chosen one, else that of the journeys; None without any text."""
        if self.address.field in self.text_fields:
            return self.address.field
        return self.text_fields[0] if self.text_fields else None

    @cached_property
    def topics(self) -> list[Row]:
        """The field's topics, largest first."""
        return self.rows("topics", field=self.field)

    @cached_property
    def colours(self) -> dict[str, str]:
        """Colours of the field's topics, by topic id."""
        return series_colours([topic["topic_id"] for topic in self.topics])
