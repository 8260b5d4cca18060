"""An app that talks to a model and is instrumented by one library: `python instrumented_app.py LIBRARY CASE`.

Runs in the environment of that library, with nothing of Turret. MODEL_URL is the model server's; what the library
exports goes where OTLP_URL says, by the library's own way. The switches that turn content on and off are the caller's
environment; `bench/otlp_libraries.py` has them.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SYSTEM = {"role": "system", "content": "You help the customers of a shop for bicycles."}
FIRST = "How much is the team plan?"
SECOND = "And for a whole year?"
TOOL_QUESTION = "Where is my order 1234?"
RESPONSE_FIRST = "Which tyre fits a gravel bike?"
RESPONSE_SECOND = "Does it come in blue?"
STREAMED = "Tell me about your warranty."
PARTS = "What is broken on this wheel?"
FAILING = "Can you book a repair for Monday?"
MODEL = "gpt-4o-mini"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_order",
            "description": "Find an order",
            "parameters": {"type": "object", "properties": {"number": {"type": "string"}}},
        },
    }
]
PICTURE = "data:image/png;base64,iVBORw0KGgo="
KEY = os.environ.get("OTLP_KEY", "tk_recorded")


def main() -> None:
    """Set the library up, run the case, flush."""
    library, case = sys.argv[1:]
    flush, scope = LIBRARIES[library]()
    if library == "pydantic_ai":
        run_agent(scope)
    else:
        from openai import OpenAI  # noqa: PLC0415  # instrumented by now

        CASES[case](OpenAI(base_url=os.environ["MODEL_URL"], api_key="sk-none", max_retries=0), scope)
    flush()


# The messages. Each scope is a conversation `(session_id, user_id)`, if the library can express it.


def run_conversations(client: Any, scope: Callable[..., Any]) -> None:
    """Hold all kinds of calls."""
    with scope("conversation-1", "ada"):
        history: list[Any] = [SYSTEM, {"role": "user", "content": FIRST}]
        history.append(_ask(client, history))
        history.append({"role": "user", "content": SECOND})
        _ask(client, history)
    with scope("conversation-2", "ben"):
        history = [{"role": "user", "content": TOOL_QUESTION}]
        answer = client.chat.completions.create(model=MODEL, messages=history, tools=TOOLS).choices[0].message
        history += [answer.model_dump(exclude_none=True)]
        history += [{"role": "tool", "tool_call_id": answer.tool_calls[0].id, "content": '{"status": "sent"}'}]
        client.chat.completions.create(model=MODEL, messages=history, tools=TOOLS)
    with scope("conversation-3", "cleo"):
        first = client.responses.create(model=MODEL, instructions=SYSTEM["content"], input=RESPONSE_FIRST)
        client.responses.create(
            model=MODEL, input=[{"role": "user", "content": RESPONSE_SECOND}], previous_response_id=first.id
        )
    with scope("conversation-4", "dora"):
        messages = [{"role": "user", "content": STREAMED}]
        options = {"stream": True, "stream_options": {"include_usage": True}}
        list(client.chat.completions.create(model=MODEL, messages=messages, **options))
        parts = [{"type": "text", "text": PARTS}, {"type": "image_url", "image_url": {"url": PICTURE}}]
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": parts}])
        try:
            client.chat.completions.create(model="broken", messages=[{"role": "user", "content": FAILING}])
        except Exception as error:  # noqa: BLE001  # of the client's own class, whose package is the case's
            print(type(error).__name__)


def run_long(client: Any, scope: Callable[..., Any]) -> None:
    """Send a history of 141 messages, more than a span keeps attributes of."""
    with scope("conversation-long", "emil"):
        history: list[Any] = [SYSTEM]
        for number in range(70):
            history += [
                {"role": "user", "content": f"Question {number}"},
                {"role": "assistant", "content": f"Answer {number}"},
            ]
        _ask(client, [*history, {"role": "user", "content": SECOND}])


def _ask(client: Any, messages: list[Any]) -> dict[str, Any]:
    message = client.chat.completions.create(model=MODEL, messages=messages).choices[0].message
    return {"role": "assistant", "content": message.content}


CASES = {"conversations": run_conversations, "content_off": run_conversations, "long": run_long}


def run_agent(scope: Callable[..., Any]) -> None:
    """Hold conversations through Pydantic AI."""
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

    provider = OpenAIProvider(base_url=os.environ["MODEL_URL"], api_key="sk-none")
    model = OpenAIChatModel(MODEL, provider=provider)
    agent = Agent(model, instructions=SYSTEM["content"], name="shop")
    with scope("conversation-1", "ada"):
        first = agent.run_sync(FIRST)
        agent.run_sync(SECOND, message_history=first.all_messages())
    finder = Agent(model, name="finder")

    @finder.tool_plain
    def find_order(number: str) -> str:
        """Find an order."""
        return f"Order {number} was sent."

    with scope("conversation-2", "ben"):
        finder.run_sync(TOOL_QUESTION)


# How each library is set up.


def _provider(**_: Any) -> Any:
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    exporter = OTLPSpanExporter(endpoint=f"{os.environ['OTLP_URL']}/v1/traces", headers={"x-api-key": KEY})
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def _logger_provider() -> Any:
    from opentelemetry import _logs  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter  # noqa: PLC0415
    from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    logs = LoggerProvider(resource=Resource.create({"service.name": "shop"}))
    exporter = OTLPLogExporter(endpoint=f"{os.environ['OTLP_URL']}/v1/logs", headers={"x-api-key": KEY})
    logs.add_log_record_processor(BatchLogRecordProcessor(exporter))
    _logs.set_logger_provider(logs)
    return logs


@contextmanager
def _no_scope(_session_id: str, _user_id: str) -> Iterator[None]:
    yield


def _baggage(provider: Any) -> Callable[..., Any]:
    """Put session.id and user.id on every span, by the SDK's own means: a processor that reads the context."""
    from opentelemetry import baggage, context  # noqa: PLC0415
    from opentelemetry.sdk.trace import SpanProcessor  # noqa: PLC0415

    class FromBaggage(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            for name, value in baggage.get_all(parent_context).items():
                span.set_attribute(name, str(value))

    provider.add_span_processor(FromBaggage())

    @contextmanager
    def scope(session_id: str, user_id: str) -> Iterator[None]:
        token = context.attach(baggage.set_baggage("user.id", user_id, baggage.set_baggage("session.id", session_id)))
        try:
            yield
        finally:
            context.detach(token)

    return scope


def official() -> tuple[Callable[[], Any], Callable[..., Any]]:
    """OpenTelemetry's own instrumentation; the conversation is set by a span processor."""
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor  # noqa: PLC0415

    provider, logs = _provider(), _logger_provider()
    scope = _baggage(provider)
    OpenAIInstrumentor().instrument(tracer_provider=provider, logger_provider=logs)
    return lambda: (provider.shutdown(), logs.shutdown()), scope


def traceloop() -> tuple[Callable[[], Any], Callable[..., Any]]:
    """Traceloop's instrumentation, whose SDK sets association properties."""
    from opentelemetry import context  # noqa: PLC0415
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor  # noqa: PLC0415
    from opentelemetry.sdk.trace import SpanProcessor  # noqa: PLC0415

    provider = _provider()

    class Associations(SpanProcessor):  # what `Traceloop.set_association_properties` does
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            for name, value in (context.get_value("association_properties", parent_context) or {}).items():
                span.set_attribute(f"traceloop.association.properties.{name}", value)

    provider.add_span_processor(Associations())

    @contextmanager
    def scope(session_id: str, user_id: str) -> Iterator[None]:
        properties = {"session_id": session_id, "user_id": user_id}
        token = context.attach(context.set_value("association_properties", properties))
        try:
            yield
        finally:
            context.detach(token)

    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return provider.shutdown, scope


def openinference() -> tuple[Callable[[], Any], Callable[..., Any]]:
    """Arize's OpenInference."""
    from openinference.instrumentation import using_attributes  # noqa: PLC0415
    from openinference.instrumentation.openai import OpenAIInstrumentor  # noqa: PLC0415

    provider = _provider()
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return provider.shutdown, lambda session_id, user_id: using_attributes(session_id=session_id, user_id=user_id)


def openlit() -> tuple[Callable[[], Any], Callable[..., Any]]:
    """OpenLIT, which sends spans and log events by itself."""
    import openlit as library  # noqa: PLC0415
    from opentelemetry import _logs, trace  # noqa: PLC0415

    library.init(
        otlp_endpoint=os.environ["OTLP_URL"],
        otlp_headers={"x-api-key": KEY},
        application_name="shop",
        disable_metrics=True,
    )
    provider = trace.get_tracer_provider()
    scope = _baggage(provider)

    def flush() -> None:
        provider.shutdown()
        logs = _logs.get_logger_provider()
        if hasattr(logs, "shutdown"):
            logs.shutdown()

    return flush, scope


def logfire() -> tuple[Callable[[], Any], Callable[..., Any]]:
    """Logfire, sending elsewhere than to its own service."""
    import logfire as library  # noqa: PLC0415

    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = os.environ["OTLP_URL"]
    os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = f"x-api-key={KEY}"
    library.configure(send_to_logfire=False, service_name="shop", console=False, metrics=False)
    library.instrument_openai()

    def scope(session_id: str, user_id: str) -> Any:
        return library.set_baggage(**{"session.id": session_id, "user.id": user_id})

    return library.shutdown, scope


def langfuse() -> tuple[Callable[[], Any], Callable[..., Any]]:
    """Langfuse: its client sends to `/api/public/otel/v1/traces` of a host, with its two keys."""
    from langfuse import (  # noqa: PLC0415
        Langfuse,
        observe,
        propagate_attributes,
    )

    client = Langfuse(public_key="pk-any", secret_key=KEY, host=os.environ["OTLP_URL"], timeout=5)
    import openai  # noqa: PLC0415
    from langfuse.openai import OpenAI  # noqa: PLC0415

    openai.OpenAI = OpenAI

    @contextmanager
    def scope(session_id: str, user_id: str) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(client.start_as_current_observation(name="handle", as_type="span"))
            stack.enter_context(propagate_attributes(session_id=session_id, user_id=user_id))
            observe(name="answer")(lambda question: question)(FIRST if session_id == "conversation-1" else session_id)
            yield

    return client.shutdown, scope


def pydantic_ai() -> tuple[Callable[[], Any], Callable[..., Any]]:
    """Pydantic AI's own instrumentation over the plain SDK."""
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.models.instrumented import InstrumentationSettings  # noqa: PLC0415

    provider = _provider()
    scope = _baggage(provider)
    is_on = os.environ.get("INCLUDE_CONTENT", "true") == "true"
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider, include_content=is_on))
    return provider.shutdown, scope


LIBRARIES: dict[str, Callable[[], tuple[Callable[[], Any], Callable[..., Any]]]] = {
    "official": official,
    "traceloop": traceloop,
    "openinference": openinference,
    "openlit": openlit,
    "logfire": logfire,
    "langfuse": langfuse,
    "langfuse4": langfuse,
    "pydantic_ai": pydantic_ai,
}

if __name__ == "__main__":
    main()
