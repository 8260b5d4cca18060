"""What a browser sends to Dash's callbacks, over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

Callback = dict[str, Any]


def find_callbacks(client: httpx.Client) -> list[Callback]:
    """The callbacks that the server answers, as it lists them."""
    found = client.get("/_dash-dependencies").json()
    return [callback for callback in found if not callback["clientside_function"]]


def call(client: httpx.Client, callback: Callback, values: dict[str, Any], match: str = "") -> httpx.Response:
    """Call a callback with values by `id.property`, and `match` in the place of a pattern's wildcards."""

    def given(part: dict[str, str]) -> Any:
        if not part["id"].startswith("{"):
            return part | {"value": values.get(f"{part['id']}.{part['property']}")}
        pattern = json.loads(part["id"])
        identity = {name: match if isinstance(value, list) else value for name, value in pattern.items()}
        value = identity if part["property"] == "id" else values.get(f"{identity['type']}.{part['property']}")
        one = {"id": identity, "property": part["property"], "value": value}
        return [one] if "ALL" in part["id"] else one

    inputs = [given(part) for part in callback["inputs"]]
    return client.post(
        "/_dash-update-component", json=body_of(callback, inputs, [given(p) for p in callback["state"]], match)
    )


def body_of(callback: Callback, inputs: Any, state: Any, match: str = "") -> dict[str, Any]:
    """The body of a call with these inputs and states, as if the first input had changed."""
    first = callback["inputs"][0]
    identity = first["id"].replace('["ALL"]', json.dumps(match)).replace('["MATCH"]', json.dumps(match))
    output = callback["output"]
    parts = [part.rsplit(".", 1) for part in output.replace('["MATCH"]', json.dumps(match)).strip(".").split("...")]
    outputs = [
        {"id": json.loads(name) if name.startswith("{") else name, "property": part.partition("@")[0]}
        for name, part in parts
    ]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": inputs,
        "state": state,
        "changedPropIds": [f"{identity}.{first['property']}"],
    }


def show(client: httpx.Client, path: str, search: str = "") -> httpx.Response:
    """Ask for the page of an address."""
    [page] = [found for found in find_callbacks(client) if "page.children" in found["output"]]
    return call(client, page, {"address.pathname": path, "address.search": search})
