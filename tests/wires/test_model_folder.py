"""A directory of a model, run in this process: held to the schema, on time, from this disk."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ingest.errors import SettingsFault
from prompting.model import EngineFault, PassingFault, Request, Turn
from prompting.models.choice import model_of
from prompting.models.transformers_folder import TransformersModel
from prompting.probing_watch import ProbeWatch
from prompting.settings import PromptingSettings

IDS = {"type": "array", "items": {"enum": ["E0001", "E0002"]}, "minItems": 1, "maxItems": 2}
WORDS = {"type": "string", "minLength": 1, "maxLength": 12}
SCHEMA = {
    "type": "object",
    "properties": {"headline": WORDS, "evidence": IDS},
    "required": ["headline", "evidence"],
    "additionalProperties": False,
}
PLENTY_S = 120.0
CONTEXT = 1024


@pytest.fixture(scope="module")
def model(tiny_folder: Path) -> Iterator[TransformersModel]:
    """The engine over the tiny model."""
    settings = PromptingSettings(llm_folder=tiny_folder, llm_context_tokens=CONTEXT)
    found = model_of(settings)
    assert isinstance(found, TransformersModel)
    yield found
    found.close()


def asked(within_s: float = PLENTY_S, **more: Any) -> Request:
    turns = (Turn("system", "Be terse."), Turn("user", "What is going on?"))
    given: dict[str, Any] = {"first_token_s": within_s, "max_tokens": 200, **more}
    return Request(turns, SCHEMA, deadline=time.monotonic() + within_s, **given)


def failed(model: TransformersModel, request: Request) -> EngineFault:
    with pytest.raises(EngineFault) as caught:
        model.complete(request)
    return caught.value


def test_a_reply_follows_the_schema(model: TransformersModel) -> None:
    """Random weights under a mask: whatever comes to their mind in the form that is asked for."""
    heard: list[str] = []
    reply = model.complete(asked(on_text=heard.append))
    assert "".join(heard) == reply.text
    assert (reply.finish, reply.tokens_in) == ("stop", 41)
    Draft202012Validator(SCHEMA).validate(json.loads(reply.text))


def test_a_small_schema_is_kept_to_the_end(model: TransformersModel) -> None:
    """A closed list and a range."""
    colour = {"type": "string", "enum": ["amber", "crimson"]}
    grade = {"type": "integer", "minimum": 40, "maximum": 45}
    schema = {
        "type": "object",
        "properties": {"colour": colour, "grade": grade},
        "required": ["colour", "grade"],
        "additionalProperties": False,
    }
    reply = model.complete(replace(asked(), schema=schema))
    assert reply.finish == "stop"
    Draft202012Validator(schema).validate(json.loads(reply.text))


def test_without_a_mask_it_says_what_it_likes(model: TransformersModel) -> None:
    """So the mask is what holds it."""
    reply = model.attempt(asked(max_tokens=30), "")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(reply.text)


def test_tokens_are_counted_by_its_own_tokenizer(model: TransformersModel) -> None:
    """Exact once it is loaded, estimated before."""
    model.complete(asked(max_tokens=1))
    assert model.count("oil temperature") == 3
    assert model.context_tokens == CONTEXT


def test_it_is_left_at_the_deadline(model: TransformersModel) -> None:
    """And ends by itself then: the next reply finds it free."""
    begun = time.monotonic()
    long = replace(asked(0.3, max_tokens=6000), schema={"type": "array", "minItems": 5000})
    assert failed(model, long).reason in ("slow", "busy")
    assert time.monotonic() - begun < 30
    assert model.complete(asked(max_tokens=1)).finish == "length"


def test_it_ends_when_nobody_listens(model: TransformersModel) -> None:
    """Once the one who asked is gone."""
    stop = threading.Event()
    stop.set()
    assert failed(model, asked(stop=stop)).reason == "stopped"


def test_one_reply_at_a_time(model: TransformersModel) -> None:
    """Several threads each get theirs."""
    replies: list[str] = []

    def ask() -> None:
        replies.append(model.complete(asked(max_tokens=10)).text)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 3
    assert len(set(replies)) == 1


def test_a_prompt_that_is_too_long_is_refused(model: TransformersModel) -> None:
    """Not cut."""
    trouble = failed(model, replace(asked(), turns=(Turn("user", "oil " * 9000),)))
    assert (trouble.reason, "the model takes 8192" in str(trouble)) == ("refused", True)


def test_a_schema_that_no_mask_can_keep_is_refused(model: TransformersModel) -> None:
    """By name, and the model lives on."""
    trouble = failed(model, replace(asked(), schema={"type": "nonsense"}))
    assert trouble.reason in ("refused", "failed")
    assert model.complete(asked(max_tokens=1)).finish == "length"


def test_it_is_probed_like_a_server(model: TransformersModel, tmp_path: Path) -> None:
    """And found to keep to the schema."""
    watch = ProbeWatch(model, tmp_path, wanted_tokens=CONTEXT, period_s=0)
    found = watch.look()
    assert found is not None, watch.standing()
    assert (found.engine, found.constrains, found.form) == ("transformers", "schema", "mask")
    assert found.context_tokens == CONTEXT


def test_nobody_is_asked_over_the_network(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for weights nor for anything else."""

    def refuse(*_: object) -> None:
        raise AssertionError("it went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    model = TransformersModel(PromptingSettings(llm_folder=tiny_folder))
    assert model.complete(asked(max_tokens=1)).finish == "length"
    model.close()


@pytest.mark.parametrize("lacking", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_directory_that_lacks_a_part_is_refused(
    tiny_folder: Path, tmp_path: Path, lacking: str
) -> None:
    """A pickle beside it is no replacement."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    (folder / lacking).rename(folder / "pytorch_model.bin")
    with pytest.raises(SettingsFault, match="missing"):
        TransformersModel(PromptingSettings(llm_folder=folder))


def test_an_adapter_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    """It would be completed from somewhere else."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(SettingsFault, match="Merge it"):
        TransformersModel(PromptingSettings(llm_folder=folder))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", b"\x80\x04not safe tensors"),
        ("config.json", b'{"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}'),
        ("tokenizer.json", b"{}"),
    ],
)
def test_a_broken_or_strange_part_is_a_fault(
    tiny_folder: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    """No code of the directory runs; the fault says what to look at."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    (folder / name).write_bytes(content)
    (folder / "mine.py").write_text("raise SystemExit('code of the directory ran')")
    model = TransformersModel(PromptingSettings(llm_folder=folder))
    trouble = failed(model, asked())
    assert not isinstance(trouble, PassingFault)
    assert "ANDON_LLM_FOLDER" in str(trouble)


def test_other_files_are_another_model(tiny_folder: Path, tmp_path: Path) -> None:
    """Its digest changes with the files, and it is loaded anew."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    model = TransformersModel(PromptingSettings(llm_folder=folder))
    before = model.identity(1.0).digest
    (folder / "config.json").touch()
    assert model.identity(1.0).digest != before
    assert model.digest == model.identity(1.0).digest
