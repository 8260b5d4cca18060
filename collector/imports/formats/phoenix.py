"""Phoenix: spans with OpenInference attributes, as its data frames are saved and as its API gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.conversations import answer_text, user_texts
from collector.imports.formats.reading import Format, as_number, as_object, as_text, first, labels
from collector.imports.formats.traces import Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading

ATTRIBUTES = "attributes."
SILENT = {"TOOL", "RETRIEVER", "EMBEDDING", "RERANKER", "GUARDRAIL", "EVALUATOR"}
MAX_NAMES = 10


def looks(record: dict[str, Any]) -> bool:
    """Say whether a record is a span of OpenInference."""
    has_trace = "context.trace_id" in record or "trace_id" in as_object(record.get("context"))
    return has_trace and ("span_kind" in record or "parent_id" in record)


def read(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the span."""
    context = as_object(record.get("context"))
    attributes = _attributes(record)
    kind = first(record.get("span_kind"), _at(attributes, "openinference.span.kind")).upper()
    is_call = kind == "LLM"
    place = Place.ROOT if not first(record.get("parent_id")) else Place.CALL if is_call else Place.INNER
    began, ended = reading.moment(record.get("start_time")), reading.moment(record.get("end_time"))
    texts = [] if place is Place.INNER or kind in SILENT else user_texts(_at(attributes, "llm.input_messages"))
    if not texts and place is not Place.INNER and kind not in SILENT:
        texts = user_texts(_at(attributes, "input.value"))
    yield Span(
        first(record.get("context.trace_id"), context.get("trace_id")),
        place,
        texts=texts,
        answer=answer_text(_at(attributes, "llm.output_messages")) or answer_text(_at(attributes, "output.value")),
        at=reading.time(record.get("start_time")),
        session=first(_at(attributes, "session.id")),
        user=first(_at(attributes, "user.id"), reading.owner),
        is_call=is_call,
        model=first(_at(attributes, "llm.model_name")),
        provider=first(_at(attributes, "llm.provider"), _at(attributes, "llm.system")),
        input_tokens=as_number(_at(attributes, "llm.token_count.prompt")),
        output_tokens=as_number(_at(attributes, "llm.token_count.completion")),
        cost_usd=as_number(_at(attributes, "llm.cost.total")),
        latency_ms=round((ended - began).total_seconds() * 1000) if began and ended and ended >= began else None,
        error="error" if as_text(record.get("status_code")).upper() == "ERROR" else "",
        labels=labels(_at(attributes, "metadata")),
    )


def _attributes(record: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes as a tree, whether they are dotted names, separate columns or a tree already."""
    columns = {key[len(ATTRIBUTES) :]: value for key, value in record.items() if key.startswith(ATTRIBUTES)}
    tree: dict[str, Any] = {}
    for name, value in (as_object(record.get("attributes")) | columns).items():
        _plant(tree, name.split(".", MAX_NAMES), value)
    return tree


def _plant(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            inner = tree[name] = {}
        tree = inner
    known = tree.get(path[-1])
    tree[path[-1]] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value


def _at(tree: dict[str, Any], name: str) -> Any:
    value: Any = tree
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


PHOENIX = Format("phoenix", looks, read)
