"""What is tried again within a run, and what is not."""

import dagster as dg
import httpx
import openai
import pytest

from ml.errors import EmbedderUnavailableError, EmbeddingFailedError
from orchestration.errors import WarehouseBusyError
from orchestration.runs.retries import MAX_RETRIES, retrying

REQUEST = httpx.Request("POST", "http://127.0.0.1/v1/embeddings")


def unavailable(cause):
    error = EmbedderUnavailableError("The endpoint cannot be used.")
    error.__cause__ = cause
    return error


def refused(status):
    return unavailable(openai.APIStatusError("no", response=httpx.Response(status, request=REQUEST), body=None))


@pytest.mark.parametrize(
    "error",
    [
        WarehouseBusyError("held"),
        refused(429),
        refused(503),
        unavailable(openai.APIConnectionError(request=REQUEST)),
    ],
)
def test_retrying_what_may_pass_asks_for_another_try(error):
    with pytest.raises(dg.RetryRequested) as asked, retrying(0):
        raise error
    assert asked.value.max_retries == MAX_RETRIES
    assert asked.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        refused(401),
        refused(400),
        unavailable(None),
        EmbeddingFailedError("no vectors"),
        ValueError("a bug"),
    ],
)
def test_retrying_what_will_not_pass_fails_at_once(error):
    with pytest.raises(type(error)) as raised, retrying(0):
        raise error
    assert raised.value is error


def test_retrying_waits_twice_as_long_each_time():
    waits = []
    for retry_number in range(MAX_RETRIES):
        with pytest.raises(dg.RetryRequested) as asked, retrying(retry_number):
            raise WarehouseBusyError("held")
        waits.append(asked.value.seconds_to_wait)
    assert waits == [5, 10, 20]


def test_a_step_that_waits_for_a_held_file_succeeds_on_the_second_try(monkeypatch):
    monkeypatch.setattr("orchestration.runs.retries.FIRST_WAIT_S", 0)
    tries = []

    @dg.op
    def step(context) -> None:
        with retrying(context.retry_number):
            tries.append(context.retry_number)
            if len(tries) < 2:
                raise WarehouseBusyError("held")

    @dg.job(executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    assert job.execute_in_process().success
    assert tries == [0, 1]
