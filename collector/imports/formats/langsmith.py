"""LangSmith: runs, as its bulk export writes them to Parquet, and as its API and SDK give them.

`session_id` is the project. The thread is in metadata, under one of three names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.conversations import answer_text, user_texts
from collector.imports.formats.reading import Format, as_list, as_number, as_object, as_text, first, labels
from collector.imports.formats.traces import Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading

THREAD_KEYS = ("session_id", "conversation_id", "thread_id")
USER_KEYS = ("user_id", "userId", "user", "ls_user_id")
OWN_PREFIXES = ("ls_", "lc_", "langgraph_", "LANGSMITH", "LANGCHAIN", "checkpoint_", "__", "revision_id")
SILENT = {"tool", "retriever", "embedding", "prompt", "parser"}


def looks(record: dict[str, Any]) -> bool:
    """Say whether a record is a run."""
    return record.keys() >= {"run_type", "inputs"} or record.keys() >= {"run_type", "trace_id", "start_time"}


def read(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the span of a run."""
    if first(record.get("reference_example_id")):
        reading.skip("runs of experiments over a data set")
        return
    kind = as_text(record.get("run_type")).lower()
    extra = as_object(record.get("extra"))
    metadata = {**as_object(record.get("metadata")), **as_object(extra.get("metadata"))}
    run_id = as_text(record.get("id"))
    is_root = not first(record.get("parent_run_id")) and not as_list(record.get("parent_run_ids"))
    is_call = kind == "llm"
    place = Place.ROOT if is_root else Place.CALL if is_call else Place.INNER
    began, ended = reading.moment(record.get("start_time")), reading.moment(record.get("end_time"))
    call = as_object(extra.get("invocation_params"))
    yield Span(
        first(record.get("trace_id"), run_id),
        place,
        texts=[] if place is Place.INNER or kind in SILENT else user_texts(record.get("inputs")),
        answer=answer_text(record.get("outputs")),
        at=reading.time(record.get("start_time")),
        session=first(*(metadata.get(key) for key in THREAD_KEYS), record.get("thread_id")),
        user=first(*(metadata.get(key) for key in USER_KEYS), reading.owner),
        is_call=is_call,
        model=first(metadata.get("ls_model_name"), call.get("model"), call.get("model_name")),
        provider=first(metadata.get("ls_provider")),
        input_tokens=as_number(record.get("prompt_tokens")),
        output_tokens=as_number(record.get("completion_tokens")),
        cost_usd=as_number(record.get("total_cost")),
        latency_ms=round((ended - began).total_seconds() * 1000) if began and ended and ended >= began else None,
        error="error" if as_text(record.get("error")) else "",
        labels={
            **labels(metadata, lambda key: key in {*THREAD_KEYS, *USER_KEYS} or key.startswith(OWN_PREFIXES)),
            "tags": [tag for tag in as_list(record.get("tags")) if isinstance(tag, str)][:50],
        },
    )


LANGSMITH = Format("langsmith", looks, read)
