"""The two arms of the evaluation that need a model, over the wire to a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from prompting.evaluation.faults import RIGHT, FaultKind
from prompting.evaluation.raw_log import ask_raw
from prompting.evaluation.shifts import Shift, generate
from prompting.evaluation.trial import ARMS, EVIDENCE, RAW_LOG, Stand, Trial
from prompting.models.counting import pieces
from prompting.settings import PromptingSettings
from prompting.writers.choice import asker_of
from service.cli.main import app
from tests.model_server import Model, completion, model_servers

SEED = 10_006
Reply = Callable[[dict[str, Any]], str]


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], tuple[Model, PromptingSettings]]]:
    """A server that replies to each request as told, and the settings to reach it."""
    with model_servers() as start:

        def started(reply: Reply) -> tuple[Model, PromptingSettings]:
            model = Model([])
            model.replies.append(lambda: counted(model.asked[-1], reply))
            settings = PromptingSettings(
                llm_engine="openai",
                llm_url=start(model),
                llm_model="tiny",
                llm_prices={"tiny": {"input": 1.0, "output": 2.0}},
                llm_deadline_s=60,
            )
            return model, settings

        yield started


def counted(request: dict[str, Any], reply: Reply) -> tuple[int, bytes]:
    """With a count that says that the whole prompt was read."""
    status, content = completion(reply(request))
    body = json.loads(content)
    body["usage"]["prompt_tokens"] = tokens(request)
    return status, json.dumps(body).encode()


def tokens(request: dict[str, Any]) -> int:
    """About as many as a model counts."""
    return sum(pieces(message["content"]) for message in request["messages"])


def schema_of(request: dict[str, Any]) -> dict[str, Any]:
    """What the reply must follow."""
    found: dict[str, Any] = request["response_format"]["json_schema"]["schema"]
    return found


def told_by(request: dict[str, Any], shift: Shift) -> str:
    """As a good model would: the true faults, or a sentence on the first item."""
    schema = schema_of(request)
    if "findings" in schema["properties"]:
        return json.dumps({"findings": [finding(fault) for fault in shift.faults]})
    (first, *_) = schema["properties"]["headline"]["properties"]["evidence"]["items"]["enum"]
    said = {"text": f"Something began at {{{first}.start}}.", "evidence": [first]}
    wrong = {"text": f"It peaked at 98765 bar at {{{first}.start}}.", "evidence": [first]}
    return json.dumps({"headline": said, "statements": [said, wrong]})


def finding(fault: Any) -> dict[str, str]:
    """One fault as the raw arm's reply names it."""
    at = datetime.fromtimestamp(fault.onset + 60, UTC)
    return {
        "about": (*fault.signals, *fault.codes)[0],
        "kind": RIGHT[fault.kind].value,
        "time": f"{at:%H:%M}",
        "text": "Something is wrong.",
    }


def in_arm(settings: PromptingSettings, arm: str) -> Trial:
    """One shift in one arm."""
    stand = Stand(settings, [arm])
    try:
        (trial,) = stand.test(SEED, quiet=False)
    finally:
        stand.close()
    return trial


def test_a_model_that_reads_the_raw_log_is_held_against_the_truth(
    serve: Callable[[Reply], tuple[Model, PromptingSettings]],
) -> None:
    """What it names is found, named and timed; what it invents is a false alarm."""
    shift = generate(SEED)
    model, good = serve(lambda request: told_by(request, shift))
    trial = in_arm(good, RAW_LOG)
    assert all(
        found.listed and found.kind_right and abs(found.late_s) < 120 for found in trial.found
    )
    assert trial.false == ()
    assert (trial.told.statements, trial.told.faithful) == (len(shift.faults), len(shift.faults))
    assert trial.told.account.tokens_in == tokens(model.asked[-1])
    assert trial.told.account.cost > 0
    name = sorted(shift.specs)[0]
    lie = {"about": name, "kind": "drift", "time": "nine", "text": "It drifts."}
    _, bad = serve(lambda _: json.dumps({"findings": [lie]}))
    trial = in_arm(bad, RAW_LOG)
    assert not any(found.listed for found in trial.found)
    assert [one.kind for one in trial.false] == ["drift"]


def test_the_raw_log_is_its_end_cut_to_the_context(
    serve: Callable[[Reply], tuple[Model, PromptingSettings]],
) -> None:
    """As many of the newest lines as fit, in order of time, and no word of the truth."""
    shift = generate(SEED)
    model, settings = serve(lambda _: json.dumps({"findings": []}))
    asker = asker_of(settings)
    assert asker is not None
    claims = ask_raw(asker, settings, shift)
    asker.close()
    _, user = model.asked[-1]["messages"]
    lines = [line for line in user["content"].splitlines() if not line.startswith("#")]
    times = [line[:8] for line in lines]
    assert times == sorted(times)
    assert times[-1] >= "04:5" or shift.window.end.hour != 5
    assert 1500 < claims.prompt_tokens < settings.llm_context_tokens - settings.llm_max_tokens
    assert "onset" not in user["content"]


def test_a_model_over_the_evidence_is_corrected_and_counted(
    serve: Callable[[Reply], tuple[Model, PromptingSettings]],
) -> None:
    """Its wrong sentence is replaced; what is left holds."""
    shift = generate(SEED)
    _, settings = serve(lambda request: told_by(request, shift))
    trial = in_arm(settings, EVIDENCE)
    assert trial.told.replaced >= 1
    assert trial.told.faithful == trial.told.statements > 0
    assert trial.told.account.fallback == ""
    assert trial.told.account.tokens_out == 60


def test_a_model_that_is_silent_is_a_fallback_and_no_failure(
    serve: Callable[[Reply], tuple[Model, PromptingSettings]],
) -> None:
    """The raw log has no fallback: it then finds nothing."""
    _, settings = serve(lambda _: "no JSON at all")
    assert in_arm(settings, EVIDENCE).told.account.fallback
    raw = in_arm(settings, RAW_LOG)
    assert raw.told.account.fallback == "schema"
    assert not any(found.listed for found in raw.found)


def test_the_command_runs_all_arms_where_a_model_is_set(
    serve: Callable[[Reply], tuple[Model, PromptingSettings]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says nothing of an arm left out."""
    _, settings = serve(lambda request: told_by(request, generate(SEED, kinds=[FaultKind.CHATTER])))
    monkeypatch.setenv("ANDON_LLM_ENGINE", "openai")
    monkeypatch.setenv("ANDON_LLM_URL", settings.llm_url)
    monkeypatch.setenv("ANDON_LLM_MODEL", "tiny")
    sizes = ["--shifts", "1", "--quiet", "0", "--planted", "0", "--workers", "1"]
    result = CliRunner().invoke(app, ["prompts", "test", "--seed", str(SEED), *sizes, "--json"])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert tuple(record["arms"]) == ARMS
    assert record["left_out"] == {}
    assert record["arms"][EVIDENCE]["tokens_in_p50"] > 1000
