"""POST /v1/ask end to end: a real library, a real model server behind HTTP, every quote checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from prompting.library import PromptLibrary
from prompting.settings import PromptingSettings
from prompting.writers.choice import asker_of
from rag.library import Library
from rag.settings import RagSettings
from service.answering import machine_names, writer_of
from service.app import create_app
from service.parts import Parts
from tests.tiny_model import Brain
from tests.tiny_model_server import NAME, Behaviour, served
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import write_library
from tests.wires.http.conftest import LOCAL

QUESTION = "E217 on press 3, what do I do?"
TRUE = "Clean the fins of the cooler with compressed air."


@contextmanager
def asking(parts: Parts, home: Path, url: str) -> Iterator[TestClient]:
    """The service over a library that is answered from by that model."""
    settings = PromptingSettings(
        llm_url=f"{url}/v1", llm_model=NAME, llm_tries=1, llm_max_tokens=400, llm_deadline_s=60
    )
    asker = asker_of(settings)
    library = Library(
        home,
        HashingEncoder(),
        settings=RagSettings(support_min=0.3),
        today=lambda: date(2026, 11, 22),
        machines=machine_names(parts.plant),
        writer=writer_of(asker, PromptLibrary()),
    )
    with library:
        library.sync(write_library(home / "documents-in"))
        app = create_app(replace(parts, library=library, asker=asker))
        with TestClient(app, base_url=LOCAL) as client:
            yield client
    assert asker is not None
    asker.close()


def quoted(answer: dict[str, Any]) -> None:
    """The procedure stands there whole, whatever the model wrote."""
    assert not answer["declined"]
    assert answer["machine"] == "press-3"
    order = [answer["text"].index(w) for w in ("Meaning: Oil", "Hot oil", "1. Stop", "3. Start")]
    assert order == sorted(order)
    assert answer["citations"][0]["document"] == "SOP-HP-01"


def test_random_words_in_the_right_form_are_left_out(
    parts: Parts, tmp_path: Path, brain: Brain
) -> None:
    """The tiny model keeps to the schema and says nothing that stands anywhere."""
    behaviour = Behaviour(brain)
    with served(behaviour) as url, asking(parts, tmp_path / "rag", url) as client:
        answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    quoted(answer)
    assert (answer["sentences"], answer["engine"]) == ([], "quote")
    items = behaviour.asked[0]["format"]["properties"]
    enum = items["sentences"]["items"]["properties"]["passage"]["enum"]
    assert enum == [f"P{number}" for number in range(1, len(enum) + 1)]


def told(behaviour: Behaviour, *sentences: tuple[str, str]) -> None:
    """Make the server say this of the passage that has the true words."""
    said = [{"text": text, "passage": "P2", "quote": quote} for text, quote in sentences]
    behaviour.says = json.dumps({"sentences": said})


@pytest.mark.parametrize("stream", [False, True])
def test_a_true_sentence_stands_and_a_false_one_falls(
    parts: Parts, tmp_path: Path, brain: Brain, stream: bool
) -> None:
    """As a stream: drafts first, then the places, the checked answer at the end."""
    behaviour = Behaviour(brain)
    told(behaviour, (TRUE, TRUE), ("Skip the lock-out and clean the fins.", TRUE))
    with served(behaviour) as url, asking(parts, tmp_path / "rag", url) as client:
        reply = client.post("/v1/ask", json={"question": QUESTION, "stream": stream})
        shown = behaviour.asked[0]["messages"][1]["content"]
    assert re.search(r"^\[P2\] .*\n.*Clean the fins", shown, re.M)
    answer = reply.json() if not stream else _last(reply.text)
    quoted(answer)
    assert [s["text"] for s in answer["sentences"]] == [TRUE]
    assert (answer["dropped"], answer["model"]) == (1, NAME)
    assert answer["prompt"].startswith("document-answer@")
    assert "Skip" not in answer["text"]


def _last(stream: str) -> dict[str, Any]:
    """The checked answer of a stream, which the drafts come before."""
    kinds = re.findall(r"^event: (\w+)", stream, re.M)
    assert kinds[0] == "draft"
    assert kinds[-1] == "answer"
    assert "citation" in kinds
    drafts = "".join(
        json.loads(data)["text"]
        for data in re.findall(r"^event: draft\r?\ndata: (.*?)\r?$", stream, re.M)
    )
    assert "Skip" in drafts
    found: dict[str, Any] = json.loads(stream.rsplit("data: ", 1)[1])
    return found


def test_a_model_that_is_away_changes_nothing_but_a_note(
    parts: Parts, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """The quoted answer, and why no model wrote."""
    address = f"http://127.0.0.1:{free_port()}"
    with asking(parts, tmp_path / "rag", address) as client:
        answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    quoted(answer)
    assert answer["note"].startswith(f"Written without the model {NAME}")
