"""A server that speaks OpenAI's protocol and always gives the same answer: no model, no network.

`POST /v1/chat/completions` and `/v1/responses`, streamed or not. A request with tools and no tool result yet is
answered by a call of the first tool; the model `broken` is answered 400.
"""

from __future__ import annotations

import itertools
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CREATED_AT = 1_795_000_000
CHAT_USAGE = {"prompt_tokens": 21, "completion_tokens": 7, "total_tokens": 28}
RESPONSE_USAGE = {
    "input_tokens": 21,
    "output_tokens": 7,
    "total_tokens": 28,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}
ANSWER = "That is a fine question."


@contextmanager
def serve_model() -> Iterator[str]:
    """Run the server on a free port until the block ends; give its base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    numbers = itertools.count(1)

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = next(self.numbers)
        if request["model"] == "broken":
            self._send(400, {"error": {"message": "There is no such model.", "type": "invalid_request_error"}})
        elif self.path.endswith("/responses"):
            self._send_response(request, f"resp_{number:04}")
        else:
            self._send_completion(request, f"chatcmpl-{number:04}")

    def _send_completion(self, request: dict[str, Any], completion_id: str) -> None:
        head = {"id": completion_id, "created": CREATED_AT, "model": request["model"]}
        wants_tool = request.get("tools") and not any(one["role"] == "tool" for one in request["messages"])
        if request.get("stream"):
            deltas = [{"role": "assistant", "content": ""}, *({"content": f"{word} "} for word in ANSWER.split()), {}]
            chunks = [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"} for delta in deltas]
            events: list[dict[str, Any]] = [
                {**head, "object": "chat.completion.chunk", "choices": [choice]} for choice in chunks
            ]
            events.append({**head, "object": "chat.completion.chunk", "choices": [], "usage": CHAT_USAGE})
            self._stream([(None, event) for event in events], ends_with_done=True)
            return
        message: dict[str, Any] = {"role": "assistant", "content": ANSWER}
        if wants_tool:
            function = {"name": request["tools"][0]["function"]["name"], "arguments": '{"number": "1234"}'}
            call = {"id": f"call_{completion_id}", "type": "function", "function": function}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if wants_tool else "stop"}
        self._send(200, {**head, "object": "chat.completion", "choices": [choice], "usage": CHAT_USAGE})

    def _send_response(self, request: dict[str, Any], response_id: str) -> None:
        item = {
            "id": f"msg_{response_id}",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": ANSWER, "annotations": []}],
        }
        response = {
            "id": response_id,
            "object": "response",
            "created_at": CREATED_AT,
            "status": "completed",
            "model": request["model"],
            "output": [item],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "previous_response_id": request.get("previous_response_id"),
            "usage": RESPONSE_USAGE,
            "error": None,
            "incomplete_details": None,
            "instructions": request.get("instructions"),
            "metadata": {},
        }
        if not request.get("stream"):
            self._send(200, response)
            return
        begun = {**response, "status": "in_progress", "output": [], "usage": None}
        events: list[tuple[str, dict[str, Any]]] = [("response.created", {"response": begun})]
        delta = {"item_id": item["id"], "output_index": 0, "content_index": 0, "delta": ANSWER, "logprobs": []}
        events += [("response.output_text.delta", delta), ("response.completed", {"response": response})]
        numbered = [(kind, {"type": kind, "sequence_number": n, **data}) for n, (kind, data) in enumerate(events)]
        self._stream(numbered, ends_with_done=False)

    def _stream(self, events: list[tuple[Any, dict[str, Any]]], *, ends_with_done: bool) -> None:
        lines = [(f"event: {kind}\n" if kind else "") + f"data: {json.dumps(data)}\n\n" for kind, data in events]
        self._write(200, "text/event-stream", "".join([*lines, *(["data: [DONE]\n\n"] * ends_with_done)]).encode())

    def _send(self, status: int, document: dict[str, Any]) -> None:
        self._write(status, "application/json", json.dumps(document).encode())

    def _write(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that the base class gives
        """Say nothing."""
