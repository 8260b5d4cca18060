"""Call a chat model behind any OpenAI-compatible endpoint, within a budget and with a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openai import APIConnectionError, APIResponseValidationError, APIStatusError, BadRequestError, OpenAI, OpenAIError

from ml.errors import LabelFailedError, ModelGaveUpError
from ml.llm.response_cache import InMemoryResponseCache, ResponseCache, hash_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

    from ml.llm.budget import Budget

_MAX_ANSWER_TOKENS: Final = 2_500
_BYTES_PER_TOKEN: Final = 3
"""A low estimate, for endpoints that do not count tokens."""
_MAX_REFUSALS: Final = 2
"""Consecutive refusals (400) from which the model, not the request, counts as unusable."""
_ATTEMPT_HEADER: Final = "x-stainless-retry-count"
"""The openai client's number of retries of a request."""


class ChatModel:
    """Answers requests. Once the endpoint cannot be used, no more requests are sent.

    Args:
        client: configured with address, key and number of retries.
        model: name of the model at the endpoint.
        budget: limits requests and tokens, and counts them.
        cache: keeps earlier answers.
    """

    def __init__(self, client: OpenAI, model: str, budget: Budget, cache: ResponseCache | None = None) -> None:
        self._client = client
        self._model = model
        self._cache = cache if cache is not None else InMemoryResponseCache()
        self._takes_json_mode = True
        self._n_refusals = 0
        self._gave_up: ModelGaveUpError | None = None
        self.budget = budget

    def answer(self, messages: list[ChatCompletionMessageParam]) -> str:
        """Return the model's answer to a request, from the cache if possible.

        Raises:
            LabelFailedError: the request was refused, its answer is unreadable, or the budget is used up.
            ModelGaveUpError: the endpoint cannot be used in this run.
        """
        known = self._cache.get(self._hash(messages))
        if known is not None:
            self.budget.n_cached += 1
            return known
        if self._gave_up:
            raise self._gave_up
        try:
            content = _content(self._complete(messages))
        except BadRequestError as error:  # This request, as for a content filter; or all of them.
            self._n_refusals += 1
            if self._n_refusals < _MAX_REFUSALS:
                raise LabelFailedError("The endpoint refuses this request (status 400).") from None
            raise self._give_up(error) from None
        except APIResponseValidationError:
            raise LabelFailedError("The answer's body cannot be read.") from None
        except OpenAIError as error:  # After the client's own retries: other requests would fare no better.
            raise self._give_up(error) from None
        except ValueError:  # The body itself was truncated or not JSON.
            raise LabelFailedError("The answer's body cannot be read.") from None
        self._n_refusals = 0
        return content

    def keep(self, messages: list[ChatCompletionMessageParam], answer: str) -> None:
        """Cache a usable answer."""
        self._cache.put(self._hash(messages), answer)

    def _complete(self, messages: list[ChatCompletionMessageParam]) -> ChatCompletion:
        if self._takes_json_mode:
            try:
                return self._send(messages, is_json_mode=True)
            except BadRequestError:  # Not every server supports these options; the instructions often suffice.
                self._takes_json_mode = False
        return self._send(messages, is_json_mode=False)

    def _send(self, messages: list[ChatCompletionMessageParam], *, is_json_mode: bool) -> ChatCompletion:
        """Send a request and count what it cost.

        Raises:
            LabelFailedError: the budget does not allow it.
            OpenAIError: the endpoint cannot be reached or refuses.
        """
        estimate = _estimate_tokens(messages)
        if not self.budget.allows(estimate + _MAX_ANSWER_TOKENS):
            raise LabelFailedError(
                f"The budget of this run ({self.budget.max_calls} calls, {self.budget.max_tokens} tokens) is used up."
            )
        client = self._client.with_options(max_retries=min(self._client.max_retries, self.budget.calls_left - 1))
        create = client.chat.completions.with_raw_response.create
        try:
            if is_json_mode:
                response = create(
                    model=self._model,
                    messages=messages,
                    max_tokens=_MAX_ANSWER_TOKENS,
                    temperature=0,
                    response_format={"type": "json_object"},
                )
            else:
                response = create(model=self._model, messages=messages)
        except (APIStatusError, APIConnectionError) as error:
            self.budget.spend(_n_attempts(error.request.headers), 0)
            raise
        self.budget.spend(1 + response.retries_taken, estimate)
        answer = response.parse()
        self.budget.spend(0, _used_tokens(answer, estimate) - estimate)
        return answer

    def _hash(self, messages: list[ChatCompletionMessageParam]) -> str:
        return hash_request(str(self._client.base_url), self._model, messages)

    def _give_up(self, error: OpenAIError) -> ModelGaveUpError:
        self._gave_up = ModelGaveUpError(f"The model that names topics cannot be used ({_reason(error)}).")
        return self._gave_up


def _content(answer: ChatCompletion) -> str:
    choices = getattr(answer, "choices", None)
    message = choices[0].message if choices else None
    content = message.content if message is not None else None
    if not content:
        raise LabelFailedError("The model refused, or its answer is empty.")
    return str(content)


def _estimate_tokens(messages: list[ChatCompletionMessageParam]) -> int:
    return sum(len(str(message.get("content")).encode()) for message in messages) // _BYTES_PER_TOKEN


def _used_tokens(answer: ChatCompletion, estimate: int) -> int:
    """Return the tokens of request and answer as the endpoint counted them, or an estimate."""
    total = getattr(getattr(answer, "usage", None), "total_tokens", None)
    if isinstance(total, int) and total > 0:
        return total
    return estimate + len(str(answer).encode()) // _BYTES_PER_TOKEN


def _n_attempts(headers: Mapping[str, str]) -> int:
    count = headers.get(_ATTEMPT_HEADER, "0")
    return 1 + (int(count) if count.isdecimal() else 0)


def _reason(error: OpenAIError) -> str:
    """Return the reason of an error without the endpoint's message, which may quote the texts."""
    if isinstance(error, APIStatusError):
        return f"status {error.status_code}"
    return "no connection" if type(error) is APIConnectionError else type(error).__name__
