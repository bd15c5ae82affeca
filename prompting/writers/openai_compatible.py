"""The writer behind any OpenAI-compatible endpoint: one deadline over all tries, one repair."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from ingest.errors import ModelFault, SettingsFault
from prompting.schema import read_draft
from prompting.settings import PromptingSettings
from prompting.writer import Assignment, Draft, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

PAUSE_S = 0.2
"""Before the second try; doubled for each further one."""
WORTH_RETRYING = (408, 409, 425, 429)
MILLION = 1e6

Messages = list[dict[str, str]]


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Counted(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(BaseModel):
    """What we need of a reply; the library does not check it."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Counted | None = None


class OpenAICompatibleWriter:
    """Asks for JSON after a schema and believes nothing of the reply.

    `write` runs an event loop of its own: call it from a thread, not from a coroutine.
    """

    engine = "openai-compatible"

    def __init__(self, settings: PromptingSettings) -> None:
        if not settings.llm_url or not settings.llm_model:
            raise SettingsFault(
                "A model needs both a server and a name.",
                remedy="Set ANDON_LLM_URL and ANDON_LLM_MODEL, or neither.",
            )
        self._settings = settings
        self._key = settings.api_key()

    @property
    def model(self) -> str:
        """The name of the model on its server."""
        return self._settings.llm_model

    def write(self, assignment: Assignment) -> Draft:
        """A draft that follows the schema.

        Raises:
            ModelFault: The server failed, kept silent or never kept to the schema.
        """
        begun = time.monotonic()
        draft = asyncio.run(self._within_deadline(assignment))
        usage = Usage(
            draft.usage.tokens_in,
            draft.usage.tokens_out,
            time.monotonic() - begun,
            draft.usage.tries,
        )
        log.info("model answered", extra={"model": self.model, **self._account(usage)})
        return Draft(draft.headline, draft.statements, usage)

    def _account(self, usage: Usage) -> dict[str, float]:
        settings = self._settings
        cost = usage.tokens_in * settings.llm_price_input
        cost += usage.tokens_out * settings.llm_price_output
        return {
            "tokens_in": usage.tokens_in,
            "tokens_out": usage.tokens_out,
            "seconds": round(usage.seconds, 3),
            "tries": usage.tries,
            "cost": cost / MILLION,
        }

    async def _within_deadline(self, assignment: Assignment) -> Draft:
        from openai import AsyncOpenAI

        limit = self._settings.llm_deadline_s
        try:
            async with (
                asyncio.timeout(limit),
                AsyncOpenAI(
                    base_url=self._settings.llm_url,
                    api_key=self._key,
                    max_retries=0,
                    timeout=limit,
                ) as client,
            ):
                return await self._write(client, assignment)
        except TimeoutError as fault:
            raise ModelFault(f"No usable reply within {limit:g} s.") from fault

    async def _write(self, client: AsyncOpenAI, assignment: Assignment) -> Draft:
        """The first reply, or the repaired one."""
        messages: Messages = [
            {"role": "system", "content": assignment.system},
            {"role": "user", "content": assignment.user},
        ]
        reply, usage = await self._ask(client, messages, assignment)
        try:
            draft = read_draft(reply, assignment.schema)
        except ModelFault as fault:
            log.info("reply repaired", extra={"model": self.model, "reason": str(fault)})
            messages += [
                {"role": "assistant", "content": reply[: self._settings.llm_max_tokens * 8]},
                {"role": "user", "content": f"{fault} Reply again, with the JSON alone."},
            ]
            reply, second = await self._ask(client, messages, assignment)
            usage = _sum(usage, second)
            draft = read_draft(reply, assignment.schema)
        return Draft(draft.headline, draft.statements, usage)

    async def _ask(
        self, client: AsyncOpenAI, messages: Messages, assignment: Assignment
    ) -> tuple[str, Usage]:
        """One reply; failures that may pass are tried again after a pause."""
        for attempt in range(1, self._settings.llm_tries + 1):
            try:
                with _faults():
                    found = await self._complete(client, messages, assignment)
                return _content(found), _usage(found, attempt)
            except _PassingFault:
                if attempt == self._settings.llm_tries:
                    raise
                await asyncio.sleep(PAUSE_S * 2 ** (attempt - 1))
        raise ModelFault("The server was not asked.")

    async def _complete(
        self, client: AsyncOpenAI, messages: Messages, assignment: Assignment
    ) -> _Completion:
        form: Any = {
            "type": "json_schema",
            "json_schema": {"name": "summary", "strict": True, "schema": dict(assignment.schema)},
        }
        given: Any = messages
        found = await client.chat.completions.with_raw_response.create(
            model=self.model,
            messages=given,
            response_format=form,
            temperature=self._settings.llm_temperature,
            max_tokens=self._settings.llm_max_tokens,
        )
        return _Completion.model_validate_json(found.content)


class _PassingFault(ModelFault):
    """Worth another try."""


@contextmanager
def _faults() -> Iterator[None]:
    """The library's errors as ours."""
    import openai

    try:
        yield
    except openai.APIStatusError as fault:
        message = f"The model server answered {fault.status_code}."
        if fault.status_code >= 500 or fault.status_code in WORTH_RETRYING:
            raise _PassingFault(message) from fault
        raise ModelFault(message) from fault
    except openai.APITimeoutError as fault:
        raise _PassingFault("The model server kept silent.") from fault
    except openai.APIConnectionError as fault:
        raise _PassingFault("The model server cannot be reached.") from fault
    except (openai.OpenAIError, ValidationError) as fault:
        raise ModelFault("The model server's reply is no chat completion.") from fault


def _content(found: _Completion) -> str:
    if found.choices[0].finish_reason == "length":
        raise ModelFault("The reply was cut off at the longest length allowed.")
    return found.choices[0].message.content or ""


def _usage(found: _Completion, tries: int) -> Usage:
    if found.usage is None:
        return Usage(tries=tries)
    return Usage(found.usage.prompt_tokens, found.usage.completion_tokens, tries=tries)


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.tokens_in + other.tokens_in,
        one.tokens_out + other.tokens_out,
        tries=one.tries + other.tries,
    )
