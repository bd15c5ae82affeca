"""andon docs evaluate: a file of questions to the plant's library, here or at the service."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from ingest.errors import DataFault, NotKnown, SettingsFault
from ingest.peer import Peer
from rag.evaluation.questions import everyday_questions
from rag.library import Library
from rag.settings import RagSettings
from rag.tuning import FILE
from service.cli import docs
from service.cli.desk import ServiceDesk
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.test_docs_command import PLANT
from tests.unit.rag.test_evaluation import collection
from tests.unit.rag.writing import write, write_library

QUESTIONS = [
    {"question": "E217, what do I do?", "machine": "press-3", "kind": "code",
     "expected": [{"document": "SOP-HP-01"}]},
    {"question": "clean the oil cooler", "machine": "press-3", "part": "tune",
     "expected": [{"document": "SOP-HP-01"}]},
    *({"question": f"who won {word}?", "declined": True, "kind": "talk"}
      for word in ("chess", "golf", "tennis", "rugby", "polo", "judo", "curling", "rowing",
                   "darts", "cricket", "boxing")),
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plant with documents and questions, and an encoder without a model."""
    write(tmp_path, "plant.toml", PLANT)
    write(tmp_path, "q.jsonl", "\n".join(json.dumps(line) for line in QUESTIONS))
    write_library(tmp_path / "documents")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANDON_URL", raising=False)
    monkeypatch.setattr("service.cli.desk.command_encoder", lambda **_: HashingEncoder())
    monkeypatch.setattr(
        "service.cli.docs_evaluate.quick_encoder", lambda: nullcontext(HashingEncoder())
    )
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    docs.register(app)
    result = CliRunner().invoke(app, ["docs", "evaluate", *arguments], env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_questions_are_put_to_the_plants_library(place: Path) -> None:
    """With the filter of their machine; figures by kind of document and of question."""
    code, out = run("--questions", "q.jsonl", "--no-everyday", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["answerable"], found["unanswerable"]) == (2, 11)
    assert found["recall_at_10"] == found["citation_precision"] == 1.0
    assert found["wrong_machine"] == found["false_answers"] == 0.0
    assert set(found["by_document_kind"]) == {"sop"}
    assert found["latency_ms"]["p95"] >= found["latency_ms"]["p50"] > 0


def test_a_calibration_is_applied_when_the_library_is_next_opened(place: Path) -> None:
    """Written beside the documents; shown with and without."""
    code, out = run("--questions", "q.jsonl", "--no-everyday", "--apply", "--false-answers", "0")
    assert code == 0
    assert "as it is" in out
    assert "in force when the library is next opened" in " ".join(out.split())
    written = json.loads((place / ".andon" / "documents" / FILE).read_text())
    assert written["unanswerable"] == 11
    with Library(place / ".andon", HashingEncoder(), settings=RagSettings()) as library:
        assert library.settings.support_min == written["support_min"]


def test_one_part_of_the_file_alone(place: Path) -> None:
    """What one tunes on is not what one reports."""
    found = json.loads(run("--questions", "q.jsonl", "--part", "tune", "--json")[1])
    assert found["answerable"] == 1
    assert found["unanswerable"] == len(everyday_questions())
    assert run("--questions", "q.jsonl", "--part", "other")[0] == 2


def test_the_curve_is_drawn(place: Path) -> None:
    """Into a PNG; without questions of both sorts there is none."""
    assert run("--questions", "q.jsonl", "--no-everyday", "--curve", "curve.png")[0] == 0
    assert (place / "curve.png").read_bytes().startswith(b"\x89PNG")
    one = ("--questions", "q.jsonl", "--part", "tune", "--no-everyday")
    with pytest.raises(SettingsFault, match="both sorts"):
        run(*one, "--curve", "other.png")
    assert run("--questions", "q.jsonl", "--curve", "curve.gif")[0] == 2


def test_without_an_answer_there_is_nothing_to_calibrate_on(place: Path) -> None:
    """It is said before anything is asked; such questions alone can be measured."""
    write(place, "no.jsonl", "\n".join(json.dumps(line) for line in QUESTIONS[2:]))
    with pytest.raises(SettingsFault, match="none of the questions has an answer"):
        run("--questions", "no.jsonl", "--calibrate")
    code, out = run("--questions", "no.jsonl", "--no-everyday", "--json")
    assert (code, json.loads(out)["answerable"]) == (0, 0)


def test_a_collection_is_calibrated_too(place: Path) -> None:
    """Its fusion; too few questions without an answer leave the threshold as it is."""
    folder = str(collection(place / "beir"))
    found = json.loads(run(folder, "--calibrate", "--json")[1])
    assert list(found)[:2] == ["passages", "questions"]
    assert found["calibration"]["chosen"]["support_min"] == RagSettings().support_min
    assert not (place / ".andon").exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["beir", "--questions", "q.jsonl"], ["beir", "--apply"], ["beir", "--curve", "x.png"]],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], place: Path) -> None:
    """One thing is measured at a time, and only a library can be calibrated for good."""
    assert run(*arguments)[0] == 2


def test_faults_are_named(place: Path) -> None:
    """A line that is no question; a machine that the plant does not have."""
    write(place, "bad.jsonl", "{}")
    with pytest.raises(DataFault, match=r"bad\.jsonl:1"):
        run("--questions", "bad.jsonl")
    strange = {"question": "x", "machine": "press-9", "declined": True}
    write(place, "bad.jsonl", json.dumps(strange))
    with pytest.raises(NotKnown, match="press-9"):
        run("--questions", "bad.jsonl")


def test_the_service_is_asked_where_it_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same figures from what it answers over HTTP."""
    citation = {"document": "SOP-HP-01", "revision": "C", "page": 1, "section": "", "quote": ""}
    replies: dict[str, Any] = {
        "/v1/documents": {"documents": [{"id": "SOP-HP-01", "kind": "sop", "machine_kinds": []}]},
        "/v1/search": {"passages": [citation]},
        "/v1/ask": {"citations": [citation], "declined": False, "support": 0.8},
    }
    wire = httpx.MockTransport(lambda asked: httpx.Response(200, json=replies[asked.url.path]))
    desk = ServiceDesk(Peer("http://andon.test"), transport=wire)
    monkeypatch.setattr("service.cli.desk.open_desk", lambda **_: desk)
    found = json.loads(run("--questions", "q.jsonl", "--no-everyday", "--json")[1])
    assert (found["citation_precision"], found["false_answers"]) == (1.0, 1.0)
