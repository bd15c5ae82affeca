"""A model server on the wire that errs in every way: each ends in a labelled, correct summary."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SettingsFault
from ingest.vocabulary import Evidence, Summary
from prompting.library import PromptLibrary
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from prompting.writers.choice import asker_of
from tests import plain_evidence
from tests.model_server import Model, completion, model_servers
from tests.plain_evidence import END, START

DEADLINE_S = 3.0
SLACK_S = 2.0
OPENAI: dict[str, Any] = {"llm_engine": "openai"}


@pytest.fixture
def serve() -> Iterator[Callable[[Model], str]]:
    """Starts a server for a model and gives its base URL."""
    with model_servers() as start:
        yield start


def says(*sentences: tuple[str, str], headline: str = "Oil too hot") -> str:
    statements = [{"text": text, "evidence": [cited]} for text, cited in sentences]
    return json.dumps(
        {"headline": {"text": headline, "evidence": ["E0001"]}, "statements": statements}
    )


def always(content: str) -> Model:
    return Model([lambda: completion(content)])


@pytest.fixture
def evidence() -> tuple[Evidence, ...]:
    """E0001 oil over its limit, E0002 pressure down."""
    return plain_evidence.evidence()


def settings_for(url: str, **more: Any) -> PromptingSettings:
    return PromptingSettings(
        llm_url=url, llm_model="tiny", llm_deadline_s=DEADLINE_S, **OPENAI, **more
    )


def summarize(url: str, evidence: tuple[Evidence, ...], **more: Any) -> tuple[Summary, float]:
    asker = asker_of(settings_for(url, **more))
    assert asker is not None
    summarizer = Summarizer(
        asker, PromptLibrary(), timezone="Europe/Berlin", machines=["press-3", "mill-1"]
    )
    begun = time.monotonic()
    summary = summarizer.summarize(evidence, scope="press-3", start=START, end=END)
    asker.close()
    return summary, time.monotonic() - begun


def deterministic(evidence: tuple[Evidence, ...]) -> list[str]:
    summarizer = Summarizer(None, PromptLibrary(), timezone="Europe/Berlin")
    summary = summarizer.summarize(evidence, scope="press-3", start=START, end=END)
    return [statement.text for statement in summary.statements]


RIGHT = (
    ("{E0001.signals} rose above its limit of {E0001.limit} at {E0001.start}.", "E0001"),
    ("System pressure fell from 160 bar to 118 bar at 10:05.", "E0002"),
)


def test_a_good_reply_is_filled_and_labelled(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...]
) -> None:
    """Engine, model, prompt; the schema went out with the ids as a closed list."""
    model = always(says(*RIGHT))
    summary, _ = summarize(serve(model), evidence)
    assert (summary.engine, summary.model) == ("openai-compatible", "tiny")
    assert (summary.replaced, summary.note) == ((), "")
    assert [statement.text for statement in summary.statements] == [
        "Oil temp rose above its limit of 65 °C at 10:02.",
        "System pressure fell from 160 bar to 118 bar at 10:05.",
    ]
    form = model.asked[0]["response_format"]
    assert form["type"] == "json_schema"
    assert '"enum": ["E0001", "E0002"]' in json.dumps(form["json_schema"]["schema"])
    assert model.asked[0]["temperature"] == 0


PLANTED = {
    "fabricated number": "Oil temp peaked at 78.9 °C.",
    "number of another item": "Oil temp peaked at 118 °C.",
    "wrong minute": "Oil temp rose above its limit at 10:07.",
    "wrong machine": "Oil temp of mill-1 rose above its limit.",
    "flipped direction": "Oil temp fell below its limit of 65 °C.",
    "peak and limit exchanged": "Oil temp rose above its limit of 71.3 °C.",
    "wrong slot": "Oil temp rose above its limit of {E0001.peak}.",
}


@pytest.mark.parametrize("error", sorted(PLANTED))
def test_a_planted_error_is_replaced_by_the_right_sentence(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...], error: str
) -> None:
    """The other sentence stays as the model wrote it."""
    summary, _ = summarize(serve(always(says((PLANTED[error], "E0001"), RIGHT[1]))), evidence)
    assert len(summary.replaced) == 1
    assert summary.statements[0].text == deterministic(evidence)[0]
    assert summary.statements[1].text == "System pressure fell from 160 bar to 118 bar at 10:05."
    assert summary.engine == "openai-compatible"


def test_an_invented_id_is_repaired_once(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...]
) -> None:
    """A server that ignores the schema gets one more chance, told where it erred."""
    bad, good = says(("Oil rose.", "E0999")), says(*RIGHT)
    model = Model([lambda: completion(bad), lambda: completion(good)])
    summary, _ = summarize(serve(model), evidence)
    assert (summary.engine, len(model.asked)) == ("openai-compatible", 2)
    assert "$.statements[0].evidence[0]" in model.asked[1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (says(("Oil rose.", "E0999")), "schema"),
        ("The oil is too hot, I would say.", "not JSON"),
        ("", "not JSON"),
        ("[" * 300, "not JSON"),
        ('{"headline": "x"}', "schema"),
    ],
)
def test_a_reply_that_stays_wrong_is_done_without(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...], content: str, word: str
) -> None:
    """One repair, no more; then the deterministic summary, which says why."""
    model = always(content)
    summary, _ = summarize(serve(model), evidence)
    assert len(model.asked) == 2
    assert (summary.engine, summary.model) == ("deterministic", "")
    assert word in summary.note
    assert [statement.text for statement in summary.statements] == deterministic(evidence)


def test_a_fence_around_the_json_is_no_error(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...]
) -> None:
    """Many servers do that."""
    summary, _ = summarize(serve(always(f"```json\n{says(*RIGHT)}\n```")), evidence)
    assert (summary.engine, summary.replaced) == ("openai-compatible", ())


def test_a_reply_cut_off_is_done_without(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...]
) -> None:
    """finish_reason length."""
    model = Model([lambda: completion(says(*RIGHT)[:60], finish="length")])
    summary, _ = summarize(serve(model), evidence)
    assert summary.engine == "deterministic"
    assert "cut off" in summary.note


def test_a_server_error_is_tried_again(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...]
) -> None:
    """500 once, then right."""
    model = Model([lambda: (500, b"{}"), lambda: completion(says(*RIGHT))])
    summary, _ = summarize(serve(model), evidence)
    assert (summary.engine, len(model.asked)) == ("openai-compatible", 2)


@pytest.mark.parametrize(
    ("status", "tries"), [(500, 3), (503, 3), (429, 3), (400, 1), (401, 1), (404, 1)]
)
def test_a_server_that_keeps_failing_is_done_without(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...], status: int, tries: int
) -> None:
    """What may pass is tried three times, what will not once."""
    model = Model([lambda: (status, b'{"error": {"message": "no"}}')])
    summary, _ = summarize(serve(model), evidence)
    assert len(model.asked) == tries
    assert summary.engine == "deterministic"
    assert str(status) in summary.note


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"choices": []}', b'{"choices": 3}'])
def test_a_reply_that_is_no_completion_is_done_without(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...], body: bytes
) -> None:
    """Whatever comes with 200."""
    summary, _ = summarize(serve(Model([lambda: (200, body)])), evidence)
    assert summary.engine == "deterministic"
    assert summary.note


def test_a_server_that_stalls_is_left_at_the_deadline(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...]
) -> None:
    """One deadline over all tries, not one a try."""
    model = Model([])
    model.replies = [lambda: (200 if model.released.wait(30) else 500, b"{}")]
    summary, seconds = summarize(serve(model), evidence)
    assert seconds < DEADLINE_S + SLACK_S
    assert summary.engine == "deterministic"
    assert "deadline" in summary.note


def test_a_server_that_trickles_is_left_at_the_deadline(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...]
) -> None:
    """A byte now and then keeps a read timeout from ever passing."""
    model = always(says(*RIGHT))
    model.trickle = True
    summary, seconds = summarize(serve(model), evidence)
    assert seconds < DEADLINE_S + SLACK_S
    assert summary.engine == "deterministic"


def test_a_server_that_is_not_there_is_done_without(
    free_port: Callable[[], int], evidence: tuple[Evidence, ...]
) -> None:
    """Connection refused."""
    summary, seconds = summarize(f"http://127.0.0.1:{free_port()}/v1", evidence)
    assert seconds < DEADLINE_S + SLACK_S
    assert (summary.engine, "cannot be reached" in summary.note) == ("deterministic", True)


def test_the_key_comes_from_its_file(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...], tmp_path: Path
) -> None:
    """And stands in no summary."""
    file = tmp_path / "key"
    file.write_text("secret-key\n", encoding="utf-8")
    model = always(says(*RIGHT))
    summary, _ = summarize(serve(model), evidence, llm_api_key_file=file)
    assert model.keys == ["Bearer secret-key"]
    assert "secret-key" not in repr(summary)


def test_the_same_summary_is_asked_for_once(
    serve: Callable[[Model], str], evidence: tuple[Evidence, ...], tmp_path: Path
) -> None:
    """The second is kept in the home folder, costs nothing and says so; checks are run again."""
    model = always(says(*RIGHT))
    settings = settings_for(serve(model), llm_prices={"*": {"input": 100.0, "output": 100.0}})
    found = []
    for _ in range(2):
        asker = asker_of(settings, home=tmp_path)
        assert asker is not None
        summarizer = Summarizer(asker, PromptLibrary(), timezone="Europe/Berlin")
        found.append(summarizer.summarize(evidence, scope="press-3", start=START, end=END))
        asker.close()
    first, second = found
    assert (first.account.cached, first.account.tries) == (False, 1)
    assert first.account.cost == pytest.approx((700 + 60) * 100 / 1e6)
    assert (second.account.cached, second.account.cost, second.account.tries) == (True, 0.0, 0)
    assert (second.statements, second.engine) == (first.statements, first.engine)
    assert len(model.asked) == 1


def test_half_a_model_is_refused() -> None:
    """A server without a model name, or a key file that is not there."""
    with pytest.raises(SettingsFault, match="ANDON_LLM_MODEL"):
        asker_of(PromptingSettings(llm_url="http://127.0.0.1:1/v1", **OPENAI))
    with pytest.raises(SettingsFault, match="ANDON_LLM_API_KEY_FILE"):
        asker_of(settings_for("http://127.0.0.1:1/v1", llm_api_key_file=Path("/no/key")))
    assert asker_of(PromptingSettings()) is None
