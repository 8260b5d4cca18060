"""What DuckDB's JSON functions find in metadata, for an engine that lacks them: pure functions of one text.

The dbt project's macros (`duckdb__alone_scalars`, `duckdb__nested_scalars`, `_duckdb_without_history`,
`duckdb__as_compared` and `duckdb__is_json_structure`) define the results, and tests compare these functions with them.
Spark's own JSON functions cannot give the same: they lack recursion over unknown keys, take the last of two equal keys,
write numbers in another way, and accept other texts as JSON.
"""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

BLANKS = "\t\n\r "
"""What JSON allows between values."""
USER_ROLES = frozenset({"user", "human", "customer", "visitor", "client", "caller"})
ROLES = USER_ROLES | {
    "assistant",
    "ai",
    "model",
    "gpt",
    "bot",
    "chatbot",
    "agent",
    "operator",
    "system",
    "developer",
    "tool",
    "function",
}
ROLE_KEYS = (("role",), ("author", "role"), ("from",), ("speaker",), ("sender",), ("type",))
CONTENT_KEYS = ("content", "parts", "text", "value", "utterance", "message")
REQUEST_KEYS = ("messages", "contents", "input")
TEXT_PARTS = frozenset({"text", "input_text"})
MAX_COMPARED = 100
"""Longer texts are not trimmed and normalized for comparison."""


class Scalar(NamedTuple):
    """A scalar of an object; `position` is None if its field can have no other value in the object."""

    field: str
    kind: str
    value: str
    position: list[int] | None
    is_element: bool


class Number(str):
    """A number as DuckDB writes it."""

    __slots__ = ()


class Object(list[Any]):
    """The pairs of key and value of an object, in order; a key may occur more than once."""

    __slots__ = ()

    def first(self, key: str) -> Any:
        """Return the first value of `key`, or `MISSING`."""
        return next((value for name, value in self if name == key), MISSING)


MISSING = object()
_INVALID = object()


def scalars(metadata: str) -> list[Scalar]:
    """List the scalars of a JSON object, without nulls; an empty list if it is no JSON object.

    Their order is that of the document, except that nested ones come after those above them.
    """
    document = _parse(metadata)
    return list(_scalars(document)) if isinstance(document, Object) else []


def _scalars(document: Object) -> Iterator[Scalar]:
    for key, value in document:
        found = without_history(value)
        if isinstance(found, list):
            yield from _nested(key, found)
        elif found is not None:
            yield Scalar(key, _kind(found), _text(found), [] if "." in key else None, is_element=False)


def _nested(field: str, container: list[Any]) -> Iterator[Scalar]:
    """The scalars below an array or an object; a position is the number that `json_each` gives to a child."""
    nodes: list[tuple[str, list[Any], list[int]]] = [(field, container, [])]
    while nodes:
        path, node, position = nodes.pop()
        is_element = not isinstance(node, Object)
        for place, key, child in _children(node):
            found = without_history(child)
            name = path if is_element else f"{path}.{key}"
            if isinstance(found, list):
                nodes.append((name, found, [*position, place]))
            elif found is not None:
                yield Scalar(name, _kind(found), _text(found), [*position, place], is_element)


def _children(node: list[Any]) -> Iterator[tuple[int, str, Any]]:
    """Each child with its number in the document: every key, scalar and container before it counts one."""
    place = 1
    if isinstance(node, Object):
        for key, value in node:
            yield place + 1, key, value
            place += 1 + _size(value)
    else:
        for value in node:
            yield place, "", value
            place += _size(value)


def _size(value: Any) -> int:
    """The number of keys, scalars and containers in a value."""
    size, values = 0, [value]
    while values:
        value = values.pop()
        size += 1
        if isinstance(value, Object):
            size += len(value)
            values.extend(child for _, child in value)
        elif isinstance(value, list):
            values.extend(value)
    return size


def without_history(value: Any) -> Any:
    """Replace a chat history, or a text that contains one, by the user's newest message, or None without any."""
    history = _history(value)
    if not isinstance(history, list) or isinstance(history, Object) or not history:
        return value
    if not all(_role(item) in ROLES for item in history):
        return value
    if all(_content(item) is MISSING for item in history):
        return value
    said = (_said(_content(item)) for item in reversed(history) if _role(item) in USER_ROLES)
    return next((text for text in said if text), None)


def _history(value: Any) -> Any:
    """What may be a history: an array, an array as text, or the array of a request as text."""
    if not isinstance(value, str) or isinstance(value, Number):
        return value
    start = value.lstrip(BLANKS)[:1]
    if start not in {"[", "{"} or (document := _parse(value)) is _INVALID:
        return None
    return document if start == "[" else _first_of(document, REQUEST_KEYS)


def _first_of(item: Any, keys: tuple[str, ...]) -> Any:
    """The first value that an object has under one of the keys, which may be null, or `MISSING`."""
    if not isinstance(item, Object):
        return MISSING
    return next((value for key in keys if (value := item.first(key)) is not MISSING), MISSING)


def _role(item: Any) -> str | None:
    for path in ROLE_KEYS:
        value = item
        for key in path:
            value = _first_of(value, (key,))
        if value is not MISSING and value is not None:
            return _text(value).replace("İ", "i").lower()  # DuckDB knows no letter of two for it
    return None


def _content(item: Any) -> Any:
    return _first_of(item, CONTENT_KEYS)


def _said(content: Any) -> str:
    """The texts of a message's content, joined by line breaks."""
    parts = content
    if isinstance(content, Object):
        parts = content.first("parts")
        parts = [content] if parts is MISSING else parts
    elif not isinstance(content, list):
        parts = [content]
    if not isinstance(parts, list) or isinstance(parts, Object):
        return ""
    texts = (_part_text(part) for part in parts)
    return "\n".join(text for text in texts if text is not None)


def _part_text(part: Any) -> str | None:
    if isinstance(part, str) and not isinstance(part, Number):
        return part
    if not isinstance(part, Object):
        return None
    kind = part.first("type")
    if kind is not MISSING and kind is not None and _text(kind) not in TEXT_PARTS:
        return None
    found = (part.first(key) for key in ("text", "content"))
    return next((_text(text) for text in found if text is not MISSING and text is not None), None)


def is_json_structure(text: str) -> bool:
    """Whether a text is a JSON object or array, as DuckDB reads JSON."""
    return text.lstrip(BLANKS + "\f")[:1] in {"[", "{"} and _parse(text) is not _INVALID


def is_blank(text: str) -> bool:
    """Whether a text has no visible character."""
    return all(_is_invisible(character) for character in text)


def as_compared(text: str) -> str:
    """A short text for comparison: trimmed and in NFC."""
    if len(text) > MAX_COMPARED:
        return text
    start, end = 0, len(text)
    while start < end and _is_invisible(text[start]):
        start += 1
    while start < end and _is_invisible(text[end - 1]):
        end -= 1
    return unicodedata.normalize("NFC", text[start:end])


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "ZC" and category != "Cn"


def as_written(text: str) -> str:
    """Write a JSON text, which is valid, as DuckDB does: without blanks, numbers as JavaScript, escapes in capitals."""
    return _text(_parse(text))


def read_document(text: str) -> Any:
    """Parse JSON into `Object`s, lists and scalars, with numbers as they are written.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return _PLAIN_DECODER.decode(text)
    except (ValueError, RecursionError):
        document = _parse(text)
        if document is _INVALID:
            raise ValueError("not JSON") from None
        return document


def write_document(document: Any) -> str:
    """Write as JSON, without blanks, what `read_document` returned."""
    return "".join(_written(document))


def _kind(scalar: Any) -> str:
    if isinstance(scalar, bool):
        return "boolean"
    return "number" if isinstance(scalar, Number) else "string"


def _text(value: Any) -> str:
    """A value as text: a string without its quotes, anything else as JSON."""
    return value if isinstance(value, str) else "".join(_written(value))


def _written(value: Any) -> Iterator[str]:
    """The pieces of a value as JSON without blanks; not by recursion, because texts may nest as deep as they like."""
    pieces: list[Any] = [value]
    while pieces:
        piece = pieces.pop()
        if isinstance(piece, (_Literal, Number)):
            yield piece
        elif isinstance(piece, Object):
            inner = [part for key, value in piece for part in (_Literal(","), key, _Literal(":"), value)][1:]
            pieces += reversed([_Literal("{"), *inner, _Literal("}")])
        elif isinstance(piece, list):
            inner = [part for value in piece for part in (_Literal(","), value)][1:]
            pieces += reversed([_Literal("["), *inner, _Literal("]")])
        elif isinstance(piece, str):
            yield f'"{_ESCAPED.sub(_escape, piece)}"'
        else:
            yield {None: "null", True: "true", False: "false"}[piece]


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], f"\\u{ord(match[0]):04X}")


class _Literal(str):
    """A piece of JSON that is written as it is."""

    __slots__ = ()


def _parse(text: str) -> Any:
    """Parse JSON as DuckDB does, with trailing commas, infinities and NaN, at any depth; `_INVALID` if it is none."""
    try:
        document = _DECODER.decode(text)
    except (ValueError, RecursionError):
        try:
            document = _parse_leniently(text)
        except ValueError:
            return _INVALID
    return _INVALID if _SURROGATE_ESCAPE.search(text) and _holds_surrogate(document) else document


def _holds_surrogate(document: Any) -> bool:
    return document is not _INVALID and _SURROGATE.search("".join(_written(document))) is not None


def _parse_leniently(text: str) -> Any:
    """Parse what Python's parser refuses: piece by piece, with a stack of the containers that are open."""
    root: list[Any] = []
    stack, state, key, at = [root], "value", None, 0
    while match := _PIECE.match(text, at):
        piece, at, top = match[1], match.end(), stack[-1]
        is_object = isinstance(top, Object)
        if piece == "," and state == "after" and top is not root:
            state = "item"
        elif piece in {"]", "}"} and state in {"item", "after"} and top is not root and is_object == (piece == "}"):
            stack.pop()
            state = "after"
        elif piece == ":" and state == "colon":
            state = "value"
        elif piece[0] == '"' and state == "item" and is_object:
            key, state = _value_of(piece), "colon"
        elif piece not in _PUNCTUATION and (state == "value" or (state == "item" and not is_object)):
            value = _value_of(piece)
            top.append((key, value) if is_object else value)
            state = "after"
            if isinstance(value, list):
                stack.append(value)
                state = "item"
        else:
            return _INVALID
    return root[0] if state == "after" and len(stack) == 1 and at == len(text) else _INVALID


def _value_of(piece: str) -> Any:
    """The value that a piece is or opens.

    Raises:
        ValueError: a string has an escape that JSON does not have.
    """
    if piece in {"[", "{"}:
        return Object() if piece == "{" else []
    if piece.lstrip("-")[0] in "iInN" and piece != "null":
        word = "NaN" if piece[-3:].lower() == "nan" else "Infinity"
        return Number("-Infinity" if piece[0] == "-" and word == "Infinity" else word)
    return _DECODER.decode(piece)


def _integer(digits: str) -> Number:
    return Number("0" if digits == "-0" else digits)


def _float(digits: str) -> Number:
    """A number as JavaScript writes it, but with a fraction; one beyond a double's range as it is."""
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        return Number(digits)
    sign, figures, exponent = Decimal(repr(number)).normalize().as_tuple()
    text, point = "".join(map(str, figures)), len(figures) + int(exponent)
    if number == 0:
        text = "0.0"
    elif 0 < point <= _MAX_PLAIN_DIGITS:
        text = f"{text[:point].ljust(point, '0')}.{text[point:] or '0'}"
    elif _MIN_PLAIN_POINT < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        text = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{point - 1}"
    return Number("-" * sign + text)


_MAX_PLAIN_DIGITS = 21
_MIN_PLAIN_POINT = -6
_DECODER = json.JSONDecoder(object_pairs_hook=Object, parse_int=_integer, parse_float=_float, parse_constant=Number)
_PLAIN_DECODER = json.JSONDecoder(object_pairs_hook=Object, parse_int=Number, parse_float=Number, parse_constant=Number)
_PUNCTUATION = frozenset("]},:")
_PIECE = re.compile(
    r"""
    [\t\n\r ]*
    (
        [\[\]{},:]
        | "(?:[^"\\\x00-\x1f]|\\.)*"
        | -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?
        | true | false | null
        | -?(?i:infinity|inf|nan)
    )
    [\t\n\r ]*
    """,
    re.VERBOSE,
)
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
