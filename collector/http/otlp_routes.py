"""`POST /v1/traces` and `/v1/logs`: OTLP over HTTP, in protobuf or JSON, answered once its messages are on disk.

The answers follow OTLP's specification, in the encoding of the request. Exporters take every 3xx for success and do not
read the partial success of a 200. So nothing is redirected, and if no message was accepted, the status is an error.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from collector.errors import RefusedRequestError, RejectedError, UnavailableError
from collector.http.exchange import JSON_TYPE, PROTOBUF_TYPE, Response, refused
from collector.otlp import json_reader, protobuf_reader
from collector.otlp.events import read_records
from collector.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.http.exchange import Headers, RequestHead
    from collector.http.worker import Worker
    from collector.otlp.records import Record
    from collector.validation import Validated

TRACES_PATH = "/v1/traces"
LOGS_PATH = "/v1/logs"
LANGFUSE_PATH = "/api/public/otel/v1/traces"
"""The path to which Langfuse's libraries send, below the configured host."""
MAX_RECORDS = 20_000
INVALID_ARGUMENT, UNAUTHENTICATED, RESOURCE_EXHAUSTED, UNAVAILABLE = 3, 16, 8, 14
"""Codes of google.rpc.Status."""
STATUS_CODES = {401: UNAUTHENTICATED, 429: RESOURCE_EXHAUSTED, 503: UNAVAILABLE}


def validate_spans(worker: Worker, project_id: str, head: RequestHead, body: bytes) -> list[Validated]:
    """Validate the messages in the spans of a request.

    Raises:
        RejectedError: the request is not OTLP.
    """
    reader = protobuf_reader.read_spans if _is_protobuf(head) else json_reader.read_spans
    return _validate(worker, project_id, reader(body))


def validate_logs(worker: Worker, project_id: str, head: RequestHead, body: bytes) -> list[Validated]:
    """Validate the messages in the log events of a request.

    Raises:
        RejectedError: the request is not OTLP.
    """
    reader = protobuf_reader.read_logs if _is_protobuf(head) else json_reader.read_logs
    return _validate(worker, project_id, reader(body))


def _validate(worker: Worker, project_id: str, records: Iterator[Record]) -> list[Validated]:
    reading = read_records(islice(records, MAX_RECORDS))
    if next(records, None) is not None:
        raise RefusedRequestError(413, f"The request has more than {MAX_RECORDS:,} spans or log events.")
    for outcome, n_records in reading.outcomes.items():
        worker.metrics.otlp_records.labels(outcome).inc(n_records)
    worker.metrics.otlp_dropped_attributes.inc(reading.n_dropped)
    worker.instrumentations.count(project_id, worker.maskers.mask_sources(project_id, reading.sources))
    validated: list[Validated] = []
    for payload in reading.payloads:
        try:
            validated.append(validate(payload, project_id=project_id, received_at=worker.clock.now()))
        except RejectedError as problem:
            validated.append(problem)
    return validated


def answer_spans(worker: Worker, validated: Sequence[Validated], head: RequestHead, headers: Headers) -> Response:
    """Answer once the messages are on disk, or if spans have none; say how many were skipped, and why."""
    return _answer(worker, validated, head, headers, "rejectedSpans")


def answer_logs(worker: Worker, validated: Sequence[Validated], head: RequestHead, headers: Headers) -> Response:
    """Do the same as `answer_spans` for log events."""
    return _answer(worker, validated, head, headers, "rejectedLogRecords")


def _answer(
    worker: Worker, validated: Sequence[Validated], head: RequestHead, headers: Headers, rejected_name: str
) -> Response:
    worker.count_refused(validated)
    problems = [item for item in validated if isinstance(item, RejectedError)]
    if problems and len(problems) == len(validated):
        return refuse_records(problems[0], head)
    sentence = str(problems[0]) if problems else ""
    if not _is_protobuf(head):
        left_out = {rejected_name: str(len(problems)), "errorMessage": sentence}
        return Response(200, orjson.dumps({"partialSuccess": left_out} if problems else {}), headers)
    # The response to log events is the same on the wire.
    response = ExportTraceServiceResponse()
    if problems:
        response.partial_success.rejected_spans = len(problems)
        response.partial_success.error_message = sentence
    return Response(200, response.SerializeToString(), headers, PROTOBUF_TYPE)


def refuse_records(error: RejectedError | UnavailableError, head: RequestHead) -> Response:
    """Return the refusal of a whole request: a google.rpc.Status in the encoding of the request."""
    response = refused(error)
    code = STATUS_CODES.get(response.status, INVALID_ARGUMENT)
    if not _is_protobuf(head):
        return response._replace(body=orjson.dumps({"code": code, "message": str(error)}), content_type=JSON_TYPE)
    # Like google.rpc.Status, this has an integer and a text, code and message, as fields 1 and 2.
    status = ExportTracePartialSuccess(rejected_spans=code, error_message=str(error))
    return response._replace(body=status.SerializeToString(), content_type=PROTOBUF_TYPE)


def _is_protobuf(head: RequestHead) -> bool:
    return head.content_type.partition(b";")[0].strip().lower() == PROTOBUF_TYPE
