"""The probe tells what a model server can do from what it only accepts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prompting.capabilities import FILE, Capabilities, kept
from prompting.model import EngineFault
from prompting.models.choice import model_of
from prompting.probing import Probed, identified, probe
from prompting.probing_watch import ProbeWatch
from prompting.settings import PromptingSettings
from tests.tiny_model import Brain
from tests.tiny_model_server import NAME, Behaviour, served

WANTED = 2048


def model_at(
    url: str, engine: str = "openai", *, name: str = NAME, home: Path | None = None
) -> Probed:
    settings = PromptingSettings(
        llm_url=url, llm_model=name, llm_engine=engine, llm_context_tokens=WANTED
    )
    model = model_of(settings, home)
    assert model is not None
    return model


@contextmanager
def watching(behaviour: Behaviour, home: Path, engine: str = "openai") -> Iterator[ProbeWatch]:
    """A watch over a model on a server of its own, not started."""
    with served(behaviour) as url:
        model = model_at(f"{url}/v1", engine, home=home)
        yield ProbeWatch(model, home, wanted_tokens=WANTED, period_s=0)
        model.close()


def probed(behaviour: Behaviour, home: Path, engine: str = "openai") -> Capabilities:
    with watching(behaviour, home, engine) as watch:
        found = watch.look()
    assert found is not None, watch.standing()
    return found


@pytest.mark.parametrize(("engine", "form"), [("openai", "json_schema"), ("ollama", "format")])
def test_a_server_that_keeps_to_the_schema_is_told(
    brain: Brain, tmp_path: Path, engine: str, form: str
) -> None:
    """By an enum and a range that the prompt argues against."""
    behaviour = Behaviour(brain)
    found = probed(behaviour, tmp_path, engine)
    assert (found.constrains, found.form, found.ranges) == ("schema", form, True)
    assert (found.context_tokens, found.context_proof) == (WANTED, "counts")
    assert (found.counts_tokens, found.streams) == (True, True)
    assert found.requests == len(behaviour.asked)
    assert found.words == f"keeps to the schema (by {form}); context 2,048 tokens by its own count"


@pytest.mark.parametrize("engine", ["openai", "ollama"])
def test_a_server_that_ignores_the_schema_is_told(
    brain: Brain, tmp_path: Path, engine: str
) -> None:
    """Though it answers 200 to every form."""
    found = probed(Behaviour(brain, "ignores the schema"), tmp_path, engine)
    assert found.constrains == "none"
    assert "ignores the schema: every reply is checked and repaired on our side" in found.words


def test_the_form_that_constrains_is_found(brain: Brain, tmp_path: Path) -> None:
    """Of a server that takes a schema only beside json_object."""
    found = probed(Behaviour(brain, obeys=("json_object",)), tmp_path)
    assert (found.constrains, found.form) == ("schema", "json_object+schema")


@pytest.mark.parametrize("engine", ["openai", "ollama"])
def test_a_good_model_that_is_held_by_nothing_is_told(
    brain: Brain, tmp_path: Path, engine: str
) -> None:
    """It writes just the JSON that the prompt argues for, against the schema."""
    found = probed(Behaviour(brain, "argues along"), tmp_path, engine)
    assert found.constrains == "json"
    assert "keeps to JSON but ignores the schema" in found.words


@pytest.mark.parametrize(
    ("says", "constrains"),
    [
        ('{"colour": "blue", "grade": 7}', "json"),
        ('{"colour": "amber", "grade": 41}', "json"),
        ("It is blue.", "none"),
        ('```json\n{"colour": "amber", "grade": 41}\n```', "none"),
    ],
)
def test_a_model_that_argues_along_is_not_taken_for_a_schema(
    brain: Brain, tmp_path: Path, says: str, constrains: str
) -> None:
    """One right answer is no proof: the second question has other words."""
    assert probed(Behaviour(brain, says=says), tmp_path).constrains == constrains


@pytest.mark.parametrize("engine", ["openai", "ollama"])
def test_a_context_that_is_cut_is_found(brain: Brain, tmp_path: Path, engine: str) -> None:
    """By the server's own counts: it was sent more than it read."""
    found = probed(Behaviour(brain, context=900), tmp_path, engine)
    assert found.context_tokens is not None
    assert 800 < found.context_tokens < 1000
    assert ", 2,048 wanted" in found.words


def test_the_needle_proves_a_context(brain: Brain, tmp_path: Path) -> None:
    """Where a server counts nothing, a model that finds the first words has read them all."""
    behaviour = Behaviour(brain, "counts nothing", says='{"code_word": "KESTREL-4417"}')
    found = probed(behaviour, tmp_path)
    assert (found.context_tokens, found.context_proof) == (WANTED, "needle")
    assert not found.counts_tokens


def test_what_is_not_known_is_said(brain: Brain, tmp_path: Path) -> None:
    """No counts and no needle: nothing is claimed."""
    found = probed(Behaviour(brain, "counts nothing"), tmp_path)
    assert found.context_tokens is None
    assert "whether it reads 2,048 tokens is not known" in found.words


def test_a_measured_count_is_near_the_truth(brain: Brain, tmp_path: Path) -> None:
    """After a probe the estimate errs upwards, by less than half, on text that was not probed."""
    text = "\n".join(f"[E{n:04}] step | bar | peak {n}.5 | Druck fiel um 10:{n}" for n in range(40))
    with watching(Behaviour(brain), tmp_path) as watch:
        watch.look()
        counted = watch.model.count(text)
    exact = len(brain.tokenizer(text)["input_ids"])
    assert exact <= counted <= 1.5 * exact


def test_a_model_is_probed_again_when_it_is_another(brain: Brain, tmp_path: Path) -> None:
    """Not at every look, and not after a restart."""
    behaviour = Behaviour(brain)
    with watching(behaviour, tmp_path) as watch:
        watch.look()
        once = len(behaviour.asked)
        watch.look()
        assert len(behaviour.asked) == once
        behaviour.digest, behaviour.fault = "second", "ignores the schema"
        found = watch.look()
    assert len(behaviour.asked) > once
    assert found is not None
    assert found.constrains == "none"
    assert kept(tmp_path) == found


def test_what_was_found_holds_after_a_restart(brain: Brain, tmp_path: Path) -> None:
    """The same file serves the next process: no request but the list of models."""
    behaviour = Behaviour(brain, says="It is blue.")
    with served(behaviour) as url:
        for _ in range(2):
            model = model_at(f"{url}/v1", "auto", home=tmp_path)
            watch = ProbeWatch(model, tmp_path, wanted_tokens=WANTED, period_s=0)
            known, once = model.context_tokens, len(behaviour.asked)
            watch.look()
            model.close()
    assert (known, len(behaviour.asked)) == (WANTED, once)


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 2}', b"\xff\xfe", b"[]"])
def test_a_broken_file_means_another_probe(brain: Brain, tmp_path: Path, content: bytes) -> None:
    """It is said once in the log and written anew."""
    (tmp_path / FILE).write_bytes(content)
    found = probed(Behaviour(brain, says="It is blue."), tmp_path)
    assert json.loads((tmp_path / FILE).read_bytes())["digest"] == found.digest
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_server_in_trouble_leaves_what_is_known(
    brain: Brain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, and nothing is raised."""
    behaviour = Behaviour(brain, says="It is blue.")
    with watching(behaviour, tmp_path) as watch, caplog.at_level(logging.WARNING):
        watch.look()
        known = kept(tmp_path)
        behaviour.fault, behaviour.digest = "answers 500", "second"
        assert [watch.look(), watch.look()] == [None, None]
    assert kept(tmp_path) == known
    assert "answered 500" in watch.standing().words
    assert not watch.standing().well
    assert caplog.messages == ["model is in trouble"]


def test_a_name_that_the_server_does_not_know_is_told(brain: Brain, tmp_path: Path) -> None:
    """With the names that it does know."""
    with served(Behaviour(brain)) as url:
        model = model_at(f"{url}/v1", name="other")
        watch = ProbeWatch(model, tmp_path, wanted_tokens=WANTED, period_s=0)
        watch.look()
        model.close()
    assert "has no model other. It has tiny." in watch.standing().words


def test_a_slow_machine_is_known_as_far_as_it_came(brain: Brain) -> None:
    """The long prompt takes too long: its length stays unknown, the rest is kept."""
    behaviour = Behaviour(brain)
    with served(behaviour) as url:
        model = model_at(f"{url}/v1")
        usual_s = probe(model, identified(model), wanted_tokens=WANTED).seconds
        behaviour.slow_from = WANTED // 2
        limit_s = 1 + 3 * usual_s
        found = probe(model, identified(model), wanted_tokens=WANTED, within_s=limit_s)
        model.close()
    assert (found.constrains, found.context_tokens) == ("schema", None)


def test_a_probe_ends_in_time(brain: Brain, tmp_path: Path) -> None:
    """Of a server that never begins to answer."""
    with served(Behaviour(brain, "begins late")) as url:
        model = model_at(f"{url}/v1")
        with pytest.raises(EngineFault):
            probe(model, identified(model), wanted_tokens=WANTED, within_s=0.5)
        model.close()


def test_a_watch_starts_at_once_and_ends_at_once(
    brain: Brain, tmp_path: Path, until: Callable[..., None]
) -> None:
    """It probes beside the service; its end does not wait for a server that says nothing."""
    behaviour = Behaviour(brain, "begins late")
    with served(behaviour) as url:
        model = model_at(f"{url}/v1")
        with ProbeWatch(model, tmp_path, wanted_tokens=WANTED, period_s=60) as watch:
            assert "is being probed" in watch.standing().words
            until(lambda: bool(behaviour.asked))
        assert not watch.running
        model.close()
