"""Tracks users' messages in calls of the `openai` package, sync or async, without changes at each call."""

from __future__ import annotations

import functools
import inspect
import time
from typing import TYPE_CHECKING, Any, TypeVar

from turret_client import log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from turret_client import Turret

Client = TypeVar("Client")


def track_openai(client: Client, turret: Turret, name: str = "message") -> Client:
    """Make `chat.completions.create` and `responses.create` of a client send an event for each new message of a user.

    Session and user are those of `turret.conversation(…)` around the call. Events have the text in `prompt`; the last
    message of a call also has `response`, `model`, `input_tokens`, `output_tokens` and `latency_ms`. Of a streamed
    response only the call itself is recorded; `parse` and `stream` are not tracked.
    """
    for resource in (getattr(getattr(client, "chat", None), "completions", None), getattr(client, "responses", None)):
        if resource is not None:
            resource.create = _tracked(resource.create, turret, name)
    return client


def new_texts(messages: Any) -> list[str]:
    """Return the user's texts at the end of a call's messages; earlier messages are history."""
    if isinstance(messages, str):
        return [messages] if messages.strip() else []
    texts: list[str] = []
    for message in reversed(messages if isinstance(messages, list) else []):
        role = message.get("role") if isinstance(message, dict) else None
        if role == "user":
            texts.append(_text(message.get("content")))
        elif role not in {"system", "developer"}:
            break
    return [text for text in reversed(texts) if text]


def _tracked(create: Callable[..., Any], turret: Turret, name: str) -> Callable[..., Any]:
    @functools.wraps(create)
    def call(*args: Any, **options: Any) -> Any:
        began = time.monotonic()
        texts = _safely(lambda: new_texts(options.get("messages", options.get("input")))) or []

        def send(answer: Any) -> None:
            figures = _safely(lambda: _figures(answer)) or {}
            figures = {"model": str(options.get("model")), **figures, "latency_ms": _ms_since(began)}
            for number, text in enumerate(texts, start=1):
                turret.track(name, {"prompt": text[:10_000], **(figures if number == len(texts) else {})})

        async def awaited(pending: Awaitable[Any]) -> Any:
            answer = await pending
            send(answer)
            return answer

        answer = create(*args, **options)
        if inspect.isawaitable(answer):
            return awaited(answer)
        send(answer)
        return answer

    return call


def _figures(answer: Any) -> dict[str, Any]:
    usage = getattr(answer, "usage", None)
    choices = getattr(answer, "choices", None)
    text = choices[0].message.content if choices else getattr(answer, "output_text", None)
    figures = {
        "model": getattr(answer, "model", None),
        "response": text[:10_000] if isinstance(text, str) else None,
        "input_tokens": getattr(usage, "prompt_tokens", None) or getattr(usage, "input_tokens", None),
        "output_tokens": getattr(usage, "completion_tokens", None) or getattr(usage, "output_tokens", None),
    }
    return {key: value for key, value in figures.items() if value}


def _text(content: Any) -> str:
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n".join(part for part in parts if isinstance(part, str)).strip()
    return content.strip() if isinstance(content, str) else ""


def _safely(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # noqa: BLE001  # an answer of another shape must not break the app
        log.warning("turret: a call could not be read: %s", type(error).__name__)
        return None


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
