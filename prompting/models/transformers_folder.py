"""The engine in this process: a directory of a transformers model, held to the schema by masks.

Nothing is fetched, no code of the directory is run and no pickle is read. This is the only module
of the room that may import torch and transformers; both are loaded at the first use, on a thread
of their own, and so is every reply: a caller is back at its deadline whatever the model does.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal

from ingest.errors import SettingsFault
from prompting.capabilities import Capabilities, Form, Identity
from prompting.model import EngineFault, PassingFault, Reply, Request, Turn
from prompting.models.counting import Estimate
from prompting.settings import PromptingSettings

log = logging.getLogger(__name__)

FORMS: tuple[Form, ...] = ("mask",)
GLANCE_S = 0.1
"""How often a waiting caller looks at the clock."""


class TransformersModel:
    """One model in this process; one reply at a time."""

    engine = "transformers"
    forms = FORMS

    def __init__(self, settings: PromptingSettings) -> None:
        self._settings = settings
        self._folder = _checked(settings.llm_folder)
        self._estimate = Estimate()
        self._form: Form = FORMS[0]
        self._one = threading.Lock()
        """Held while a reply is made, also one that nobody waits for any more."""
        self._lock = threading.Lock()
        self._loading: Future[_Loaded] | None = None
        self._closed = threading.Event()
        self.place = str(self._folder)
        self.digest = _digest(self._folder)
        self.context_tokens: int | None = _context(self._folder, settings.llm_context_tokens)

    @property
    def model(self) -> str:
        """The name of the directory, or the one that is set."""
        return self._settings.llm_model or self._folder.name

    def adopt(self, found: Capabilities) -> None:
        """Use what a probe has found."""
        self._form = found.form

    def count(self, text: str) -> int:
        """By the model's own tokenizer once it is loaded."""
        loading = self._loading
        if loading is None or not loading.done() or loading.exception() is not None:
            return self._estimate.count(text)
        return len(loading.result().tokenizer(text, add_special_tokens=False)["input_ids"])

    def complete(self, request: Request) -> Reply:
        """One attempt; PassingFault while the model is loaded or answers someone else."""
        return self.attempt(request, self._form)

    def attempt(self, request: Request, form: Form) -> Reply:
        """One attempt, held to the schema or not."""
        loaded = self._ready(request)
        if not self._one.acquire(timeout=max(0.0, request.deadline - time.monotonic())):
            raise PassingFault("The model answers someone else.", "busy")
        talk = _Talk(request, form, self._settings.llm_temperature, self._closed)
        reply = _in_thread(lambda: talk.run(loaded))
        reply.add_done_callback(lambda _: self._one.release())
        try:
            return talk.wait(reply)
        finally:
            talk.over.set()

    def identity(self, within_s: float) -> Identity:  # noqa: ARG002 - nobody is asked
        """By the sizes and times of the files; others are loaded at the next use."""
        digest = _digest(self._folder)
        if digest != self.digest:
            self.digest, self._loading = digest, None
        return Identity(self.digest, self.context_tokens)

    def close(self) -> None:
        """End a reply under way and forget the model."""
        self._closed.set()
        self._loading = None

    def _ready(self, request: Request) -> _Loaded:
        with self._lock:
            if self._loading is None:
                self._loading = _in_thread(lambda: _load(self._folder))
            loading = self._loading
        try:
            return loading.result(max(0.0, request.deadline - time.monotonic()))
        except TimeoutError as fault:
            raise PassingFault("The model is still being loaded.", "busy") from fault
        except Exception as fault:  # what a broken folder raises is not listed anywhere
            log.warning("model not loaded", extra={"place": self.place}, exc_info=True)
            words = f"The model in {self._folder.name} cannot be loaded: {fault}"
            raise EngineFault(words[:300], "refused", remedy="Look at ANDON_LLM_FOLDER.") from fault


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What a reply needs."""

    tokenizer: Any
    model: Any
    guide: Any
    """The tokenizer as llguidance sees it."""


def _load(folder: Path) -> _Loaded:
    import torch
    from llguidance.hf import from_tokenizer
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
    from transformers.utils.logging import disable_progress_bar

    begun = time.monotonic()
    disable_progress_bar()  # type: ignore[no-untyped-call]
    tokenizer: Any = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype="auto"
    )
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    theirs = model.generation_config
    ends = theirs.eos_token_id if theirs.eos_token_id is not None else tokenizer.eos_token_id
    ends = [ends] if isinstance(ends, int) else list(ends or ())
    if not ends:
        raise ValueError("it names no token that ends a reply")
    fresh: Any = GenerationConfig  # theirs may sample, or ask for what we do not want
    model.generation_config = fresh(eos_token_id=ends, pad_token_id=ends[0])
    guide = from_tokenizer(
        tokenizer, n_vocab=model.config.get_text_config().vocab_size, eos_token=ends
    )
    log.info("model loaded", extra={"seconds": round(time.monotonic() - begun, 1)})
    return _Loaded(tokenizer, model, guide)


class _Talk:
    """One reply, made on a thread of its own while its caller waits."""

    def __init__(
        self, request: Request, form: Form, temperature: float, closed: threading.Event
    ) -> None:
        self._request = request
        self._form = form
        self._temperature = temperature
        self._closed = closed
        self._pieces: SimpleQueue[str | None] = SimpleQueue()
        self._begun = threading.Event()
        self.over = threading.Event()
        """Set when nobody waits any more."""

    def wait(self, reply: Future[Reply]) -> Reply:
        """Hand the pieces on until the reply is whole, or time is up."""
        reply.add_done_callback(lambda _: self._pieces.put(None))
        first = time.monotonic() + self._request.first_token_s
        while True:
            self._in_time(first)
            try:
                piece = self._pieces.get(timeout=GLANCE_S)
            except Empty:
                continue
            if piece is None:
                return _finished(reply)
            if self._request.on_text is not None:
                self._request.on_text(piece)

    def _in_time(self, first: float) -> None:
        now, stop = time.monotonic(), self._request.stop
        if stop is not None and stop.is_set():
            raise EngineFault("Whoever asked is gone.", "stopped")
        if now >= self._request.deadline:
            raise EngineFault("The reply was not whole at the deadline.", "slow")
        if now >= first and not self._begun.is_set():
            words = f"The model did not begin to answer within {self._request.first_token_s:g} s."
            raise PassingFault(words, "silent")

    def run(self, loaded: _Loaded) -> Reply:
        """The reply, as far as it came before nobody waited any more."""
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList

        tokenizer, model = loaded.tokenizer, loaded.model
        prompt = tokenizer(_prompt(tokenizer, self._request.turns), add_special_tokens=False)
        ids = prompt["input_ids"]
        _fits(len(ids) + self._request.max_tokens, model)
        masks = [_mask(loaded, self._request.schema, len(ids))] if self._form else []
        with torch.inference_mode():
            made = model.generate(
                input_ids=torch.tensor([ids], device=model.device),
                attention_mask=torch.ones((1, len(ids)), dtype=torch.long, device=model.device),
                max_new_tokens=self._request.max_tokens,
                do_sample=self._temperature > 0,
                temperature=self._temperature if self._temperature > 0 else None,
                logits_processor=LogitsProcessorList(masks),
                stopping_criteria=StoppingCriteriaList([self._stopping()]),
                streamer=_streamer(tokenizer, self._pieces.put),
            )
        new = made[0, len(ids) :].tolist()
        ended = bool(new) and new[-1] in model.generation_config.eos_token_id
        finish: Literal["stop", "length"] = "stop" if ended else "length"
        text = tokenizer.decode(new, skip_special_tokens=True)
        return Reply(text, finish, len(ids), len(new))

    def _stopping(self) -> Callable[..., Any]:
        import torch

        def over(input_ids: Any, _scores: Any, **_: Any) -> Any:
            self._begun.set()
            late = time.monotonic() >= self._request.deadline
            done = late or self.over.is_set() or self._closed.is_set()
            return torch.full((input_ids.shape[0],), done, device=input_ids.device)

        return over


def _finished(reply: Future[Reply]) -> Reply:
    try:
        return reply.result()
    except (RuntimeError, ValueError, TypeError, LookupError) as fault:
        raise EngineFault(f"The model failed: {str(fault)[:200]}", "failed") from fault


def _mask(loaded: _Loaded, schema: Mapping[str, Any], prompt_length: int) -> Callable[..., Any]:
    """Sets the score of every token to nothing that would lead out of the schema."""
    import torch
    from llguidance import LLMatcher
    from llguidance.numpy import (
        allocate_token_bitmask,
        apply_token_bitmask_inplace,
        fill_next_token_bitmask,
    )

    compact: Any = {"whitespace_flexible": False}  # or a weak model writes blanks without end
    grammar = LLMatcher.grammar_from_json_schema(dict(schema), overrides=compact)
    matcher = LLMatcher(loaded.guide, grammar, log_level=0)
    if matcher.is_error():
        raise EngineFault(f"The schema cannot be kept to: {matcher.get_error()[:200]}", "refused")
    bits = allocate_token_bitmask(1, loaded.guide.vocab_size)
    seen = prompt_length

    def mask(input_ids: Any, scores: Any) -> Any:
        nonlocal seen
        matcher.consume_tokens(input_ids[0, seen:].tolist())
        seen = input_ids.shape[1]
        fill_next_token_bitmask(matcher, bits)
        logits = scores.float().cpu().numpy()
        apply_token_bitmask_inplace(logits, bits)
        return torch.from_numpy(logits).to(scores.device)

    return mask


def _streamer(tokenizer: Any, put: Callable[[str], None]) -> Any:
    from transformers import TextStreamer

    class Pieces(TextStreamer):
        """Hands each word on."""

        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - as inherited
            if text:
                put(text)

    return Pieces(tokenizer, skip_prompt=True, skip_special_tokens=True)


def _prompt(tokenizer: Any, turns: tuple[Turn, ...]) -> str:
    """By the template of the tokenizer, or a plain one."""
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        return "".join(f"{turn.role}: {turn.text}\n\n" for turn in turns) + "assistant: "
    given = [{"role": turn.role, "content": turn.text} for turn in turns]
    ask: dict[str, Any] = {"tokenize": False, "add_generation_prompt": True}
    try:
        return str(tokenizer.apply_chat_template(given, **ask, enable_thinking=False))
    except TemplateError:  # some know no system role
        whole = "\n\n".join(turn.text for turn in turns)
        return str(tokenizer.apply_chat_template([{"role": "user", "content": whole}], **ask))


def _fits(tokens: int, model: Any) -> None:
    most = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if most is not None and tokens > most:
        words = f"Prompt and reply take up to {tokens} tokens, and the model takes {most}."
        raise EngineFault(words, "refused")


def _in_thread(work: Callable[[], Any]) -> Future[Any]:
    """Its result, from a thread that ends with the process."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as fault:  # noqa: BLE001 - raised again where the result is awaited
            future.set_exception(fault)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="model", daemon=True).start()
    return future


def _checked(folder: Path | None) -> Path:
    """The directory, if it can hold a model that is safe to load.

    Raises:
        SettingsFault: It cannot; the message says why.
    """
    if folder is None or not folder.is_dir():
        raise SettingsFault(
            f"There is no model directory {folder}.", remedy="Correct ANDON_LLM_FOLDER."
        )
    lacking = [name for name in ("config.json", "tokenizer.json") if not (folder / name).is_file()]
    if not any(folder.glob("*.safetensors")):
        lacking.append("*.safetensors")  # any other format of weights can run code
    if lacking:
        raise SettingsFault(
            f"{folder} holds no transformers model: {', '.join(lacking)} missing.",
            remedy="Save it with save_pretrained, model and tokenizer.",
        )
    if (folder / "adapter_config.json").exists():
        raise SettingsFault(
            f"{folder} holds an adapter, whose model may be anywhere.", remedy="Merge it first."
        )
    return folder.resolve()


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    about = {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}
    return Identity.of(about, None).digest


def _context(folder: Path, wanted: int) -> int:
    """What the model was trained for, as far as it is wanted."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        most = config.get("max_position_embeddings") or wanted
    except (OSError, ValueError, AttributeError):
        return wanted
    return min(int(most), wanted)
