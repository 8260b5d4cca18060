"""The bands of the flow as a Dash component.

`assets/flow.js` draws them as SVG paths, because Dash itself has no SVG.
"""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component

SCALE = 1000
"""Units of the picture's width; the browser scales them to its pixels."""


class Bands(Component):
    """The bands of the flow, with tooltips and links.

    Args:
        height: of the picture, in pixels.
        bands: each a dict of `d` (an SVG path: across in `SCALE`, down in pixels), `colour` ("" for quiet), `ends` (the
            numbers of its two boxes), `tip` (text that is shown on hover) and `href` (where a click leads).
    """

    _children_props: list[str] = []  # noqa: RUF012  # Dash declares these lists so
    _base_nodes = ["children"]  # noqa: RUF012
    _namespace = "turret_parts"
    _type = "Bands"
    _prop_names = ["height", "bands"]  # noqa: RUF012
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012
    available_properties = ["height", "bands"]  # noqa: RUF012
    available_wildcard_properties: list[str] = []  # noqa: RUF012

    def __init__(self, *, height: float, bands: list[dict[str, Any]]) -> None:
        super().__init__(height=height, bands=bands)  # type: ignore[no-untyped-call]  # Dash gives it no types
