"""Questions put to a language model behind HTTP whose words are random, and to documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.candidates.lora import LoraSettings
from finetune.models import ModelStore
from finetune.progress import silent
from prompting.library import PromptLibrary
from prompting.settings import PromptingSettings
from prompting.writers.choice import asker_of
from rag.settings import RagSettings
from service.comparison.arms import Engines
from service.comparison.asked_model import Prompting
from service.comparison.nouns import Report, Route
from service.comparison.question_library import Shelf
from service.comparison.question_run import QuestionOrder, questions_compared, questions_of
from tests.tiny_model import Brain
from tests.tiny_model_server import NAME, Behaviour, served
from tests.unit.rag.hashing import HashingEncoder

SOP = (
    "---\nid: SOP\ntitle: Gasket\nkind: sop\nrevision: A\nlanguage: en\n---\n"
    "# Gasket\n\n## Procedure\n\n1. Drain the coolant.\n2. Tighten the cover with 18 Nm.\n"
)
QUESTIONS = (
    {"question": "How is the gasket tightened?", "words": ["18 Nm"]},
    {"question": "What is done with the coolant?", "words": ["Drain"]},
)


def compared(tmp_path: Path, url: str) -> Report:
    """The whole comparison of two questions on one procedure."""
    folder = tmp_path / "sops"
    folder.mkdir()
    (folder / "sop.md").write_text(SOP)
    data = tmp_path / "questions.jsonl"
    data.write_text("".join(json.dumps(one) + "\n" for one in QUESTIONS))
    settings = PromptingSettings(
        llm_url=url, llm_model=NAME, llm_engine="openai", llm_first_token_s=60, llm_tries=1
    )
    asker = asker_of(settings)
    assert asker is not None
    rag = RagSettings(support_min=0.2)
    engines = Engines(
        store=ModelStore(tmp_path / "models"),
        encoder=HashingEncoder,
        model=Prompting(asker, PromptLibrary()),
        rag=rag,
        threads=1,
        lora=LoraSettings(),
    )
    order = QuestionOrder("q", data, tmp_path, Shelf(tmp_path, folder, HashingEncoder, rag))
    try:
        return questions_compared(order, questions_of(data), engines, silent)
    finally:
        asker.close()


def test_random_words_are_asked_end_to_end_and_not_recommended(
    tmp_path: Path, brain: Brain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every arm has its figures; over documents the quotes stand where no sentence holds."""
    monkeypatch.setattr("service.comparison.question_measuring.AGAIN", 1)
    behaviour = Behaviour(brain)
    with served(behaviour) as url:
        report = compared(tmp_path, f"{url}/v1")
    by_name = {one.name: one for one in report.arms}
    assert set(by_name) == {"prompt alone", "retrieval alone", "retrieval and prompt"}
    assert report.failed == ()
    assert by_name["prompt alone"].tokens_per_1000 > 0
    assert by_name["prompt alone"].quality.accuracy == 0.0
    assert by_name["retrieval and prompt"].quality.accuracy == 1.0
    assert (report.decision.approach, report.decision.arm) == (Route.RAG, "rag/retrieval alone")
    shown = [json.dumps(asked) for asked in behaviour.asked]
    assert any("18 Nm" in words for words in shown)
    assert any("18 Nm" not in words for words in shown)
