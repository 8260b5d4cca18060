"""Account exports of ChatGPT and Claude: the zip, or the files in it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from collector.conversations import AGENT, MODEL, content_text
from collector.imports.formats.reading import NO_TEXT, Format, as_list, as_object, as_text, digest, first, later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading
    from collector.imports.formats.traces import Span

SPOKEN = {"text", "multimodal_text"}
TICK = timedelta(microseconds=1)
BRANCHES = "messages on branches that were edited or generated again"
HIDDEN = "messages that ChatGPT adds by itself"


def looks_like_chatgpt(record: dict[str, Any]) -> bool:
    """Say whether a record is a conversation of ChatGPT, or the account."""
    return isinstance(record.get("mapping"), dict) or "chatgpt_plus_user" in record


def read_chatgpt(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the user's messages on the path to the conversation's last message.

    Edits and new answers make `mapping` a tree; `current_node` is the displayed leaf. A message without a time of
    its own gets the time of the message before, plus a microsecond.
    """
    if "chatgpt_plus_user" in record:
        reading.owner = as_text(record.get("id"))
        return
    mapping = as_object(record.get("mapping"))
    path = _path(mapping, as_text(record.get("current_node")))
    shown = [as_object(as_object(mapping[node]).get("message")) for node in path]
    session = first(record.get("conversation_id"), record.get("id"))
    moment = reading.moment(record.get("create_time"))
    for index, message in enumerate(shown):
        moment = reading.moment(message.get("create_time")) or later(moment, TICK)
        if _role(message) != "user":
            continue
        if _is_hidden(message):
            reading.skip(HIDDEN)
            continue
        text = content_text(_parts(message))
        if not text:
            reading.skip(NO_TEXT)
            continue
        answers = _answers(shown[index + 1 :])
        yield reading.message(
            [as_text(message.get("id")) or digest(session, index, text)],
            text,
            at=moment.isoformat() if moment else None,
            session=session,
            user=reading.owner,
            answer="\n\n".join(text for answer in answers if (text := content_text(_parts(answer)))),
            metadata={
                MODEL: first(*(as_object(answer.get("metadata")).get("model_slug") for answer in reversed(answers))),
                AGENT: first(record.get("gizmo_id")),
            },
        )
    on_path = set(path)
    left = (as_object(as_object(node).get("message")) for key, node in mapping.items() if key not in on_path)
    reading.skip(BRANCHES, sum(_role(message) == "user" for message in left))


def _path(mapping: dict[str, Any], leaf: str) -> list[str]:
    """Return the nodes from the root to a leaf, or to the last node if there is no such leaf."""
    if leaf not in mapping:
        leaf = next((key for key in reversed(mapping) if not as_list(as_object(mapping[key]).get("children"))), "")
    path: dict[str, None] = {}
    while leaf in mapping and leaf not in path:
        path[leaf] = None
        leaf = as_text(as_object(mapping[leaf]).get("parent"))
    return list(path)[::-1]


def _answers(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the assistant's messages up to the user's next message."""
    said: list[dict[str, Any]] = []
    for message in messages:
        if _role(message) == "user" and not _is_hidden(message):
            break
        to_user = as_text(message.get("recipient")) in {"", "all"}
        if _role(message) == "assistant" and to_user and _kind(message) in SPOKEN:
            said.append(message)
    return said


def _parts(message: dict[str, Any]) -> list[Any]:
    """Return the text parts of a message: texts, and transcripts of speech."""
    content = as_object(message.get("content"))
    if _kind(message) not in SPOKEN:
        return []
    parts = content.get("parts")
    return [part if isinstance(part, str) else as_object(part).get("text") for part in as_list(parts)]


def _role(message: dict[str, Any]) -> str:
    return as_text(as_object(message.get("author")).get("role"))


def _kind(message: dict[str, Any]) -> str:
    return as_text(as_object(message.get("content")).get("content_type"))


def _is_hidden(message: dict[str, Any]) -> bool:
    metadata = as_object(message.get("metadata"))
    is_hidden = bool(metadata.get("is_visually_hidden_from_conversation") or metadata.get("is_user_system_message"))
    return is_hidden or _kind(message) == "user_editable_context"


def looks_like_claude(record: dict[str, Any]) -> bool:
    """Say whether a record is a conversation of Claude."""
    return isinstance(record.get("chat_messages"), list)


def read_claude(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the user's messages, each with its answer."""
    messages = [as_object(message) for message in as_list(record.get("chat_messages"))]
    leaf = as_text(record.get("current_leaf_message_uuid"))
    tree = {
        as_text(message.get("uuid")): {**message, "parent": message.get("parent_message_uuid")} for message in messages
    }
    if leaf in tree:
        path = set(_path(tree, leaf))
        left = [message for key, message in tree.items() if key not in path]
        reading.skip(BRANCHES, sum(_is_human(message) for message in left))
        messages = [tree[key] for key in _path(tree, leaf)]
    session = as_text(record.get("uuid"))
    user = first(as_object(record.get("account")).get("uuid"), reading.owner)
    for index, message in enumerate(messages):
        if not _is_human(message):
            continue
        text = _claude_text(message)
        if not text:
            reading.skip(NO_TEXT)
            continue
        answer = messages[index + 1] if index + 1 < len(messages) else {}
        files = [as_text(as_object(one).get("file_name")) for one in as_list(message.get("attachments"))]
        yield reading.message(
            [as_text(message.get("uuid")) or digest(session, index, text)],
            text,
            at=reading.time(message.get("created_at") or record.get("created_at")),
            session=session,
            user=user,
            answer="" if _is_human(answer) else _claude_text(answer),
            metadata={MODEL: first(record.get("model")), "n_attachments": len([name for name in files if name])},
        )


def _is_human(message: dict[str, Any]) -> bool:
    return as_text(message.get("sender")) in {"human", "user"}


def _claude_text(message: dict[str, Any]) -> str:
    """Return the text of the content's parts; `text` has it too, but with placeholders for other parts."""
    return content_text(as_list(message.get("content"))) or as_text(message.get("text"))


CHATGPT = Format("chatgpt", looks_like_chatgpt, read_chatgpt)
CLAUDE = Format("claude", looks_like_claude, read_claude)
