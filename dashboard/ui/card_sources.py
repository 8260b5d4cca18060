"""The sources of a card: its rows as CSV, and its SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.data.downloads import EXPORTS
from dashboard.data.published import runnable

if TYPE_CHECKING:
    from dashboard.data.view import View


def source_links(view: View, query: str) -> Any:
    """Offer the rows of one of `downloads.EXPORTS` for this view."""
    sql = runnable(query, view.filters, project_id=view.project_id, **EXPORTS[query](view))
    href = f"/download/{query}.csv?{urlencode({'at': view.address.but(project=view.project_id).href})}"
    return html.Div(
        [
            html.A("Download CSV", href=href, className="text-link", download=f"{query}.csv"),
            html.Details(
                [
                    html.Summary("Show SQL", className="text-link"),
                    html.Div(
                        [
                            html.Pre(html.Code(sql), tabIndex="0"),
                            dcc.Clipboard(content=sql, title="Copy the SQL", className="copy"),
                        ],
                        className="snippet-box",
                    ),
                ]
            ),
        ],
        className="behind",
    )
