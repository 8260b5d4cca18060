"""Sortable tables on AG Grid: their colours come from the style sheet, their cells from `assets/cells.js`."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
from dash import html

THEME = {
    "function": "themeQuartz.withParams({"
    "fontFamily: 'inherit', fontSize: 13, headerFontSize: 12, headerFontWeight: 500, spacing: 7,"
    "backgroundColor: 'transparent', foregroundColor: 'var(--ink)', headerTextColor: 'var(--ink-2)',"
    "headerBackgroundColor: 'transparent', borderColor: 'var(--line)', rowHoverColor: 'var(--hover)',"
    "accentColor: 'var(--accent)', wrapperBorder: false, headerColumnBorder: false, columnBorder: false,"
    "headerColumnResizeHandleColor: 'transparent', iconSize: 14, menuBackgroundColor: 'var(--surface)',"
    "browserColorScheme: 'inherit'"
    "})"
}


def grid(identity: str, columns: list[dict[str, Any]], rows: list[dict[str, Any]], **options: Any) -> html.Div:
    """Make a sortable table that is as high as its rows; long ones have pages."""
    defaults = {
        "theme": THEME,
        "domLayout": "autoHeight",
        "suppressCellFocus": True,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "animateRows": False,
        "pagination": len(rows) > 25,  # noqa: PLR2004  # a screenful and a bit
        "paginationPageSize": 25,
        "paginationPageSizeSelector": False,
        "suppressDragLeaveHidesColumns": True,
    }
    table = dag.AgGrid(
        id=identity,
        columnDefs=columns,
        rowData=rows,
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "suppressMovable": True,
            "sortingOrder": ["desc", "asc", None],
        },
        dashGridOptions=defaults | options,
        eventListeners={
            "gridSizeChanged": ["TurretFit(params)"]
        },  # the grid's first size comes before this event: see turret.js
        dangerously_allow_code=False,
        style={"height": None, "width": "100%"},
        className="grid",
    )
    place: dict[str, Any] = {"data-grid": identity}
    return html.Div(table, **place)


ONLY_WIDE: dict[str, Any] = {"context": {"isOnlyWide": True}}
"""Marks a column that phones have no room for; `TurretFit` in `assets/cells.js` hides it there."""


def only_from(width: int) -> dict[str, Any]:
    """Mark a column that is shown only if the table is at least this wide, in pixels."""
    return {"context": {"fromWidth": width}}


def column(field: str, name: str, renderer: str, width: int, **more: Any) -> dict[str, Any]:
    """Describe a column: `renderer` is one of `assets/cells.js`, `width` is the minimum in pixels."""
    return {"field": field, "headerName": name, "cellRenderer": renderer, "minWidth": width, "width": width, **more}
