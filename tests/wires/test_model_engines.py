"""Engines against a real server in both forms: one attempt each, and each fault by its name."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from ingest.errors import SettingsFault
from prompting.model import EngineFault, Model, PassingFault, Reply, Request, Turn
from prompting.models.choice import model_of
from prompting.models.detected import DetectedModel
from prompting.settings import PromptingSettings
from tests.tiny_model import Brain
from tests.tiny_model_server import NAME, Behaviour, served

PLENTY_S = 60.0
SHORT_S = 2.0
SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["amber", "crimson"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
ENGINES = ("openai", "ollama")
Connect = Callable[..., Model]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Starts a server that behaves so, and gives an engine for it."""
    with ExitStack() as stack:

        def start(behaviour: Behaviour, engine: str, **more: Any) -> Model:
            url = stack.enter_context(served(behaviour))
            settings = PromptingSettings(
                llm_url=f"{url}/v1", llm_model=NAME, llm_engine=engine, **more
            )
            model = model_of(settings)
            assert model is not None
            stack.callback(model.close)
            return model

        yield start


def asked(within_s: float = PLENTY_S, **more: Any) -> Request:
    turns = (Turn("system", "Be terse."), Turn("user", "Which colour?"))
    given: dict[str, Any] = {"first_token_s": within_s, "max_tokens": 200, **more}
    return Request(turns, SCHEMA, deadline=time.monotonic() + within_s, **given)


def failed(model: Model, request: Request) -> EngineFault:
    with pytest.raises(EngineFault) as caught:
        model.complete(request)
    return caught.value


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reply_comes_in_pieces_and_is_counted(
    connect: Connect, brain: Brain, engine: str
) -> None:
    """The schema, the deadline and the counts go over the wire and back."""
    heard: list[str] = []
    behaviour = Behaviour(brain)
    reply = connect(behaviour, engine).complete(asked(on_text=heard.append))
    assert json.loads(reply.text)["colour"] in ("amber", "crimson")
    assert "".join(heard) == reply.text
    assert len(heard) > 1
    turns = [
        {"role": "system", "content": "Be terse."},
        {"role": "user", "content": "Which colour?"},
    ]
    assert (reply.finish, reply.tokens_in) == ("stop", len(brain.ids(turns)))
    assert (reply.streamed, reply.counted) == (True, True)


def test_ollama_is_told_the_context_and_not_to_cut(connect: Connect, brain: Brain) -> None:
    """What its other interface does not obey."""
    behaviour = Behaviour(brain)
    connect(behaviour, "ollama", llm_context_tokens=2048).complete(asked())
    sent = behaviour.asked[0]
    assert sent["options"]["num_ctx"] == 2048
    assert (sent["truncate"], sent["think"], sent["stream"]) == (False, False, True)
    assert sent["format"] == SCHEMA


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("answers 500", PassingFault, "failed"),
        ("answers 429", PassingFault, "busy"),
        ("answers 404", EngineFault, "refused"),
        ("sends garbage", EngineFault, "garbled"),
        ("sends no UTF-8", EngineFault, "garbled"),
        ("hangs up in the middle", PassingFault, "failed"),
        ("ends early", PassingFault, "failed"),
        ("talks without end", EngineFault, "huge"),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_fault_has_its_name(
    connect: Connect, brain: Brain, engine: str, fault: str, kind: type[EngineFault], reason: str
) -> None:
    """And says whether another try is worth it."""
    trouble = failed(connect(Behaviour(brain, fault), engine), asked())
    assert (type(trouble), trouble.reason) == (kind, reason)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_is_busy_says_for_how_long(
    connect: Connect, brain: Brain, engine: str
) -> None:
    """Retry-After of a 429."""
    trouble = failed(connect(Behaviour(brain, "answers 429"), engine), asked())
    assert isinstance(trouble, PassingFault)
    assert trouble.retry_after_s == 1.0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_late_first_piece_is_not_waited_for(connect: Connect, brain: Brain, engine: str) -> None:
    """The deadline is a minute away, the first piece wanted at once."""
    model = connect(Behaviour(brain, "begins late"), engine)
    assert failed(model, asked(first_token_s=0.3)).reason == "silent"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stall_in_the_middle_ends_at_the_deadline(
    connect: Connect, brain: Brain, engine: str
) -> None:
    """The pieces before it were handed on, and the server sees that nobody reads any more."""
    behaviour, heard = Behaviour(brain, "stalls in the middle"), list[str]()
    trouble = failed(connect(behaviour, engine), asked(SHORT_S, on_text=heard.append))
    assert trouble.reason == "slow"
    assert heard
    assert behaviour.gone.wait(PLENTY_S)


@pytest.mark.parametrize("engine", ENGINES)
def test_who_hangs_up_ends_the_attempt(connect: Connect, brain: Brain, engine: str) -> None:
    """Long before the deadline; the server stops writing."""
    behaviour, stop = Behaviour(brain, "stalls in the middle"), threading.Event()
    model = connect(behaviour, engine)
    trouble = failed(model, asked(on_text=lambda _: stop.set(), stop=stop))
    assert trouble.reason == "stopped"
    assert behaviour.gone.wait(PLENTY_S)


def test_what_the_listener_raises_comes_through(connect: Connect, brain: Brain) -> None:
    """And ends the attempt."""

    def refuse(_: str) -> None:
        raise LookupError("enough")

    behaviour = Behaviour(brain, "stalls in the middle")
    with pytest.raises(LookupError, match="enough"):
        connect(behaviour, "openai").complete(asked(on_text=refuse))
    assert behaviour.gone.wait(PLENTY_S)


@pytest.mark.parametrize("fault", ["refuses to stream", "does not stream"])
def test_a_server_that_does_not_stream_is_read_whole(
    connect: Connect, brain: Brain, fault: str
) -> None:
    """One that refuses is asked again without, and from then on only so."""
    behaviour = Behaviour(brain, fault)
    model = connect(behaviour, "openai")
    replies: list[Reply] = [model.complete(asked()) for _ in range(2)]
    assert [reply.streamed for reply in replies] == [False, False]
    assert json.loads(replies[1].text)["colour"] in ("amber", "crimson")
    assert len(behaviour.asked) == (3 if fault == "refuses to stream" else 2)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_prompt_cut_without_a_word_is_a_fault(
    connect: Connect, brain: Brain, engine: str
) -> None:
    """The server counts far fewer tokens than it was sent."""
    model = connect(Behaviour(brain, context=100), engine)
    long = replace(asked(), turns=(Turn("user", "pressure 160.2 bar; " * 200),))
    assert failed(model, long).reason == "cut"


def test_a_reply_that_was_cut_off_says_so(connect: Connect, brain: Brain) -> None:
    """A reply, not a fault: who asked may ask for less."""
    for engine in ENGINES:
        assert connect(Behaviour(brain, "truncates"), engine).complete(asked()).finish == "length"


def test_counts_that_the_server_lacks_are_ours(connect: Connect, brain: Brain) -> None:
    """Labelled as such."""
    reply = connect(Behaviour(brain, "counts nothing"), "openai").complete(asked())
    assert not reply.counted
    assert reply.tokens_in > 0


def test_ollama_is_recognised_behind_its_other_interface(connect: Connect, brain: Brain) -> None:
    """Given the address that ends in /v1."""
    behaviour = Behaviour(brain)
    model = connect(behaviour, "auto")
    model.complete(asked())
    assert isinstance(model, DetectedModel)
    assert (model.engine, "options" in behaviour.asked[0]) == ("ollama", True)


def test_a_server_that_is_away_is_not_taken_for_anything(
    brain: Brain, free_port: Callable[[], int]
) -> None:
    """Once it is there, it is asked what it is."""
    port = free_port()
    model = model_of(PromptingSettings(llm_url=f"http://127.0.0.1:{port}/v1", llm_model=NAME))
    assert model is not None
    assert failed(model, asked()).reason == "away"
    with served(Behaviour(brain), port):
        model.complete(asked())
    assert model.engine == "ollama"
    model.close()


def test_the_plants_own_certificates_are_trusted(brain: Brain, tmp_path: Path) -> None:
    """And without them the fault says what is wrong with the server's."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    ca, key, cert = (tmp_path / name for name in ("ca.pem", "key.pem", "cert.pem"))
    authority.cert_pem.write_to_path(ca)
    leaf.private_key_pem.write_to_path(key)
    leaf.cert_chain_pems[0].write_to_path(cert)
    with served(Behaviour(brain), ssl_keyfile=key, ssl_certfile=cert) as url:
        given: dict[str, Any] = {"llm_url": f"{url}/v1", "llm_model": NAME, "llm_engine": "openai"}
        trusting, strange = (
            model_of(PromptingSettings(**given, **more))
            for more in (dict[str, Any](llm_ca_file=ca), {})
        )
        assert trusting is not None
        assert strange is not None
        assert trusting.complete(asked()).finish == "stop"
        trouble = failed(strange, asked())
        assert (trouble.reason, "certificate is not trusted" in str(trouble)) == ("away", True)
        trusting.close()
        strange.close()


def test_a_proxy_is_not_between_us_and_ourselves(
    connect: Connect, brain: Brain, monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]
) -> None:
    """Whatever the environment says."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert connect(Behaviour(brain), "openai").complete(asked()).finish == "stop"


def test_a_key_goes_to_the_server_and_nowhere_else(
    connect: Connect, brain: Brain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not into a fault, even when the server sends it back, and not into the log."""
    file = tmp_path / "key"
    file.write_text("secret-key\n", encoding="utf-8")
    behaviour = Behaviour(brain, "repeats the key")
    with caplog.at_level(logging.DEBUG):
        model = connect(behaviour, "openai", llm_api_key_file=file)
        trouble = failed(model, asked())
    assert "wrong key: ***" in str(trouble)
    assert behaviour.keys == ["Bearer secret-key"]
    assert "secret-key" not in caplog.text


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"llm_url": "http://127.0.0.1:1/v1"}, "ANDON_LLM_MODEL"),
        ({"llm_engine": "ollama", "llm_model": NAME}, "ANDON_LLM_URL"),
        ({"llm_engine": "transformers"}, "ANDON_LLM_FOLDER"),
        ({"llm_folder": Path("/no/model")}, "ANDON_LLM_FOLDER"),
        ({"llm_url": "http://a:b:c/", "llm_model": NAME}, "ANDON_LLM_URL"),
        ({"llm_url": "http://h/v1", "llm_model": NAME, "llm_folder": Path("/m")}, "Both"),
        (
            {"llm_url": "http://h/v1", "llm_model": NAME, "llm_api_key_file": Path("/no/key")},
            "ANDON_LLM_API_KEY_FILE",
        ),
        (
            {"llm_url": "https://h/v1", "llm_model": NAME, "llm_ca_file": Path("/no/ca")},
            "ANDON_LLM_CA_FILE",
        ),
    ],
)
def test_half_a_model_is_refused(given: dict[str, Any], word: str) -> None:
    """The message names what to set."""
    with pytest.raises(SettingsFault, match=word):
        model_of(PromptingSettings(**given))


def test_no_model_is_no_fault() -> None:
    """Summaries are then written by rule."""
    assert model_of(PromptingSettings()) is None
