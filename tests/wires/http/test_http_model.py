"""What the model can do is shown where a person looks: /readyz and andon doctor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from prompting.capabilities import kept
from prompting.models.choice import model_of
from prompting.probing_watch import probe_watch
from prompting.settings import PromptingSettings
from service.app import create_app
from service.doctor import Finding, examine
from service.parts import Parts
from tests.tiny_model import Brain
from tests.tiny_model_server import NAME, Behaviour, served

LOCAL = "http://127.0.0.1"
CONTEXT = 1024


def component(client: TestClient, name: str) -> dict[str, str] | None:
    found = client.get("/readyz").json()["components"]
    return next((part for part in found if part["name"] == name), None)


@pytest.mark.parametrize(
    ("fault", "state", "words"),
    [
        ("", "ok", "tiny (ollama): keeps to the schema (by format); context 1,024 tokens"),
        ("ignores the schema", "degraded", "ignores the schema: every reply is checked"),
        ("answers 500", "degraded", "tiny (ollama): The model server answered 500"),
    ],
)
def test_readyz_shows_what_the_model_can_do(
    parts: Parts, brain: Brain, until: Callable[..., None], fault: str, state: str, words: str
) -> None:
    """Found out in the background; the service is ready whatever it is."""
    with served(Behaviour(brain, fault)) as url:
        settings = PromptingSettings(
            llm_url=f"{url}/v1", llm_model=NAME, llm_context_tokens=CONTEXT
        )
        model = model_of(settings)
        assert model is not None
        with (
            probe_watch(model, parts.settings.home, settings) as watch,
            TestClient(create_app(replace(parts, model_watch=watch)), base_url=LOCAL) as client,
        ):
            until(lambda: words in (component(client, "model") or {}).get("detail", ""))
            shown = component(client, "model")
        model.close()
    assert shown is not None
    assert shown["state"] == state


def test_without_a_model_none_is_shown(client: TestClient) -> None:
    """Only that summaries are written by rule."""
    assert component(client, "model") is None
    assert "by rule" in (component(client, "writer") or {})["detail"]


@pytest.fixture
def looked(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Finding]:
    """What the doctor finds of the model at an address."""

    def look(url: str) -> Finding:
        monkeypatch.setenv("ANDON_LLM_URL", url)
        monkeypatch.setenv("ANDON_LLM_MODEL", NAME)
        monkeypatch.setenv("ANDON_LLM_CONTEXT_TOKENS", str(CONTEXT))
        findings = examine(parts.plant.path, parts.settings.home)
        return next(finding for finding in findings if finding.name == "llm")

    return look


def test_the_doctor_probes_anew(
    looked: Callable[[str], Finding], parts: Parts, brain: Brain
) -> None:
    """Engine, address and capabilities in words, kept for the service."""
    behaviour = Behaviour(brain)
    with served(behaviour) as url:
        first = looked(f"{url}/v1")
        behaviour.fault = "ignores the schema"
        second = looked(f"{url}/v1")
    assert first.state == "ok"
    assert first.detail.startswith("tiny (ollama): keeps to the schema (by format); context 1,024")
    assert url in first.detail
    assert (second.state, "ignores the schema" in second.detail) == ("degraded", True)
    found = kept(Path(parts.settings.home))
    assert found is not None
    assert found.constrains == "none"


def test_the_doctor_names_a_server_that_is_away(
    looked: Callable[[str], Finding], free_port: Callable[[], int]
) -> None:
    """And what that means."""
    found = looked(f"http://127.0.0.1:{free_port()}/v1")
    assert (found.state, "cannot be reached" in found.detail) == ("degraded", True)
    assert "by rule" in found.remedy
