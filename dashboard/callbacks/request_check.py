"""Refuse calls of callbacks that no page of the dashboard makes: Dash takes the shape of their body on trust."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dash import Dash
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/_dash-update-component"
MAX_BYTES = 1_048_576
_STRINGS = frozenset({"pathname", "search", "href"})
"""Properties of the address bar."""
_OBJECT = ("shown", "data")
"""A property that callbacks read as an object."""
_ANY = (["ALL"], ["ALLSMALLER"], ["MATCH"])
_REFUSED = {"error": "No page of this dashboard sends such a request.", "code": "NO_CALLBACK"}


class CallbackCheck:
    """Lets through to Dash what has the shape of a call of one of its callbacks.

    Args:
        app: what answers the callbacks.
        dash: knows them.
    """

    def __init__(self, app: ASGIApp, dash: Dash) -> None:
        self._app = app
        self._dash = dash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body, is_whole = b"", False
        while not is_whole and len(body) <= MAX_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            is_whole = not message.get("more_body", False)
        if not is_whole or not self._is_call(body):
            await JSONResponse(_REFUSED, 400)(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, receive_again, send)

    def _is_call(self, body: bytes) -> bool:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            return False
        return isinstance(content, dict) and is_call(content, self._dash.callback_map)


def is_call(content: Mapping[str, Any], callbacks: Mapping[str, Any]) -> bool:
    """Return whether a body has the shape of a call of one of the callbacks, by output as Dash keeps them."""
    output, changed = content.get("output"), content.get("changedPropIds")
    known = callbacks.get(output) if isinstance(output, str) else None
    if known is None or "callback" not in known or not isinstance(output, str):
        return False
    parts = zip(("inputs", "state"), (content.get("inputs"), content.get("state", [])), strict=True)
    return (
        _are_outputs(content.get("outputs"), output)
        and isinstance(changed, list)
        and all(_is_property(name) for name in changed)
        and all(_fit(known[kind], given) for kind, given in parts)
    )


def _are_outputs(given: Any, output: str) -> bool:
    n_outputs = output.count("...") + 1 if output.startswith("..") else None
    outputs = [given] if n_outputs is None else given
    return (
        isinstance(outputs, list)
        and len(outputs) == (n_outputs or 1)
        and all(isinstance(one, dict) and isinstance(one.get("id"), str | dict) for one in outputs)
        and all(isinstance(one.get("property"), str) for one in outputs)
    )


def _is_property(name: Any) -> bool:
    """Return whether a name is that of a component and its property: `address.search`, or an object as JSON."""
    if not isinstance(name, str) or "." not in name:
        return False
    component = name.rpartition(".")[0]
    if not component.startswith("{"):
        return True
    try:
        return isinstance(json.loads(component), dict)
    except (ValueError, RecursionError):
        return False


def _fit(known: list[dict[str, str]], given: Any) -> bool:
    if not isinstance(given, list) or len(given) != len(known):
        return False
    return all(_fits(part, one) for part, one in zip(known, given, strict=True))


def _fits(part: dict[str, str], given: Any) -> bool:
    """Return whether what was given is for an input or a state: one component, or a list for a pattern of several."""
    if not part["id"].startswith("{"):
        return _is_of(part["id"], part["property"], given)
    pattern = json.loads(part["id"])
    is_several = any(value in _ANY[:2] for value in pattern.values())
    ones = given if is_several else [given]
    return isinstance(ones, list) and all(_is_of(pattern, part["property"], one) for one in ones)


def _is_of(identity: str | dict[str, Any], name: str, given: Any) -> bool:
    if not isinstance(given, dict) or given.get("property") != name:
        return False
    own, value = given.get("id"), given.get("value")
    if isinstance(identity, str):
        is_right = own == identity
    else:
        is_right = (
            isinstance(own, dict)
            and own.keys() == identity.keys()
            and all(
                isinstance(own[key], str | int) if kept in _ANY else own[key] == kept for key, kept in identity.items()
            )
        )
    if not is_right or (name == "id" and value != own):
        return False
    if name in _STRINGS:
        return isinstance(value, str | None)
    return (identity, name) != _OBJECT or isinstance(value, dict | None)
