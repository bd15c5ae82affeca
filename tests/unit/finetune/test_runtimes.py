"""Runtimes beside torch: exported, tried, gated for each model, refused when not ours."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune.answering import Answering
from finetune.artefact import MANIFEST, seal, verify
from finetune.candidates.lora import Lora, LoraSettings
from finetune.classifier import Classifier
from finetune.encoder import Encoder, load_encoder
from finetune.engine import Engine
from finetune.examples import Examples
from finetune.examples import Rows as Labels
from finetune.forward import EXACT, Rows
from finetune.models import ModelStore
from finetune.runtimes import kinds, probing, serving
from finetune.runtimes.agreement import agreement, compared
from finetune.runtimes.export import FILE, read_onnx, write_onnx
from finetune.runtimes.keeping import Keeping
from finetune.runtimes.kinds import KINDS, Kind, absent, kinds_of
from finetune.runtimes.opening import opened
from finetune.runtimes.padding import padded
from finetune.runtimes.probing import LEAST_ALIKE, exact_rows, probe, probe_tokens
from finetune.runtimes.serving import FOLDER, RESULT, Runtimes
from finetune.runtimes.standing import standing
from finetune.training import train
from finetune.wording import tidy
from ingest.errors import SettingsFault
from tests.unit.finetune.conftest import WORDS, WriteCsv, make_encoder, some_limits, text_rows
from tests.unit.finetune.test_classifier import TASK, build

OTHERS = tuple(kind for kind in KINDS if kind.name != EXACT)
BF16 = "openvino bf16"

pytestmark = pytest.mark.skipif(
    any(absent(kind) for kind in OTHERS), reason="needs the extra `fast` (pip install '.[fast]')"
)


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast a runtime is does not matter here: it is timed once."""
    monkeypatch.setattr(probing, "BUDGET_S", 0.0001)


@pytest.fixture(scope="module")
def export(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder as a file."""
    path = tmp_path_factory.mktemp("export") / FILE
    write_onnx(encoder.network, path)
    return path


def forward_of(kind: Kind, export: Path) -> Any:
    try:
        return opened(kind, export, threads=1)
    except SettingsFault as fault:
        pytest.skip(str(fault))


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.name)
def test_a_runtime_computes_what_torch_computes(kind: Kind, encoder: Encoder, export: Path) -> None:
    """Nearly the same vectors, whatever the lengths, from one file for all runtimes."""
    forward = forward_of(kind, export)
    tokens = probe_tokens(encoder)
    exact = exact_rows(encoder.forward, tokens, width=encoder.dimension)
    seen = probe(forward, tokens, exact)
    assert (seen.kind, seen.fault) == (kind.name, "")
    assert seen.alike >= LEAST_ALIKE
    assert min(seen.single_ms, seen.batch_ms) >= 0


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.name)
def test_no_neighbour_changes_a_row(kind: Kind, encoder: Encoder, export: Path) -> None:
    """Alone, in any crowd and in any order; OpenVINO keeps every bit, at every precision."""
    served = encoder.through(forward_of(kind, export))
    chance = random.Random(3)
    words = [word for words in WORDS.values() for word in words]
    texts = [" ".join(chance.choices(words, k=chance.randint(0, 40))) for _ in range(60)]
    together = served.encode(texts)
    alone = np.concatenate([served.encode([text]) for text in texts])
    order = chance.sample(range(60), 60)
    mixed = served.encode([texts[at] for at in order])
    within = 0.0 if kind.library == "openvino" else 1e-6
    assert np.abs(together - alone).max() <= within
    assert np.abs(mixed - together[order]).max() <= within


def test_a_rectangle_is_as_wide_as_each_text_alone() -> None:
    """Texts of different widths in one pass are a mistake of ours, not something to pad away."""
    rectangle, lengths = padded([[5, 6, 7], [8]], step=4)
    assert rectangle.tolist() == [[5, 6, 7, 0], [8, 0, 0, 0]]
    assert lengths.tolist() == [3, 1]
    with pytest.raises(ValueError, match="different widths"):
        padded([[1] * 4, [1] * 5], step=4)


def test_an_export_holds_its_weights_and_nothing_else(export: Path, tmp_path: Path) -> None:
    """Weights elsewhere, hidden graphs, foreign operators and other files are refused."""
    onnx = pytest.importorskip("onnx")
    assert len(read_onnx(export)) == export.stat().st_size
    assert [path.name for path in export.parent.iterdir()] == [FILE]
    bad = tmp_path / FILE
    for content in (b"", b"\x80\x04.", export.read_bytes()[:-100]):
        bad.write_bytes(content)
        with pytest.raises(SettingsFault, match="no ONNX file"):
            read_onnx(bad)
    model = onnx.load(str(export))
    away = model.graph.initializer[0].external_data.add()
    away.key, away.value = "location", "../../etc/passwd"
    bad.write_bytes(model.SerializeToString())
    with pytest.raises(SettingsFault, match="weights from another file"):
        read_onnx(bad)
    for field, value in (("domain", "evil.ops"), ("op_type", "If")):
        model = onnx.load(str(export))
        setattr(model.graph.node[0], field, value)
        if field == "op_type":
            model.graph.node[0].attribute.add(name="then_branch", type=5).g.name = "more"
        bad.write_bytes(model.SerializeToString())
        with pytest.raises(SettingsFault, match="operators that no export of ours has"):
            read_onnx(bad)


def test_the_export_of_an_encoder_is_kept_and_made_anew_when_it_was_changed(
    tmp_path: Path,
) -> None:
    """A flipped byte never reaches a runtime; what other libraries left is removed."""
    (tmp_path / "e").mkdir()
    encoder = load_encoder(str(make_encoder(tmp_path / "e", seed=4)), threads=1)
    root = tmp_path / "runtimes"
    keeping = Keeping(root, encoder.folder)
    path = keeping.export(encoder.network)
    before, old = path.read_bytes(), root / f"{encoder.sha256[:16]}-old"
    old.mkdir()
    assert keeping.export(encoder.network).stat().st_mtime_ns == path.stat().st_mtime_ns
    path.write_bytes(before[:-9] + b"\x00" + before[-8:])
    assert keeping.export(encoder.network).read_bytes() == before
    verify(path.parent)
    assert not old.exists()


def test_what_was_seen_is_remembered_for_this_machine(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second start times nothing; a runtime that is not installed says how to get it."""
    monkeypatch.setattr(
        kinds, "find_spec", lambda name: None if name == "onnxruntime" else object()
    )
    first = Runtimes(tmp_path, wanted="auto", threads=1).ranked(encoder)
    assert [one.fault for one in first][-1] == (
        "The runtime onnxruntime fp32 cannot be used: onnxruntime is not installed "
        "(pip install 'andon[fast]')."
    )
    assert [one.cost_ms for one in first[:-1]] == sorted(one.cost_ms for one in first[:-1])

    def never(*_: object) -> None:
        raise AssertionError("timed again")

    monkeypatch.setattr(serving, "probe", never)
    assert Runtimes(tmp_path, wanted="auto", threads=1).ranked(encoder) == first
    with pytest.raises(AssertionError, match="timed again"):
        Runtimes(tmp_path, wanted="auto", threads=2).ranked(encoder)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("torch", [EXACT]),
        ("onnxruntime", ["onnxruntime fp32", EXACT]),
        ("openvino", [BF16, "openvino int8", "openvino fp32", EXACT]),
        ("auto", [kind.name for kind in KINDS]),
    ],
)
def test_the_setting_says_which_runtimes_there_are(wanted: str, names: Sequence[str]) -> None:
    """Torch at full precision is always there to fall back on."""
    assert [kind.name for kind in kinds_of(wanted)] == names


def test_a_trained_model_carries_its_gate_and_serves_through_what_passed(
    encoder: Encoder, tmp_path: Path, write_csv: WriteCsv
) -> None:
    """The same answers as through torch, from a sealed folder."""
    task = TASK
    store = ModelStore(tmp_path / "models", encoder=encoder, threads=1, runtime="auto")
    report = train(task, write_csv(text_rows(60)), store, up_to="hybrid", threads=1)
    folder = store.folder(task.name, report.version)
    verify(folder)
    said = json.loads((folder / RESULT).read_text())
    passed = [one["kind"] for one in said["runtimes"] if one["passed"]]
    fast, plain = store.load(task.name), ModelStore(store.root, encoder=encoder).load(task.name)
    assert fast.runtime == (passed or [EXACT])[0]
    assert plain.runtime == EXACT
    texts = [row["text"] for row in text_rows(18, seed=5)]
    for one, other in zip(fast.classify(texts), plain.classify(texts), strict=True):
        assert (one.label, one.outcome) == (other.label, other.outcome)


def lora_engine(encoder: Encoder) -> tuple[Engine, Examples, Labels]:
    """A fine-tuned transformer that was not trained: its answers are still its own."""
    import torch

    examples = Examples(tuple(tidy(row["text"]) for row in text_rows()))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        lora = Lora.fresh(encoder, 3, LoraSettings(rank=2, alpha=4))
    lora.merge()
    engine = Engine(
        TASK,
        "lora",
        lora,
        {"lora": 0.05},
        some_limits(0.0, unknown_below=-1.0),
        neighbours=build(encoder, unknown_below=-1.0).engine.neighbours,
    )
    return engine, examples, engine.probabilities(examples).argmax(axis=1).astype(np.int64)


def sealed(folder: Path) -> Path:
    folder.mkdir()
    seal(folder)
    return folder


def test_a_fine_tuned_transformer_is_exported_into_its_folder(
    encoder: Encoder, tmp_path: Path
) -> None:
    """The export is listed in the manifest, serves both passes, and leaves the model as it was."""
    engine, examples, labels = lora_engine(encoder)
    runtimes = Runtimes(tmp_path / "runtimes", wanted="onnxruntime", threads=1)
    folder = sealed(tmp_path / "v0001")
    runtimes.equip(engine, encoder, folder, rows=(examples, labels))
    listed = json.loads((folder / MANIFEST).read_text())["files"]
    assert set(listed) == {f"{FOLDER}/{FILE}", RESULT}
    verify(folder)
    fast, view = runtimes.attach(engine, encoder, folder)
    assert view.forward.name == "onnxruntime fp32"
    assert isinstance(fast.fitted, Lora)
    assert isinstance(engine.fitted, Lora)
    assert (fast.fitted.forward.name, engine.fitted.forward.name) == ("onnxruntime fp32", EXACT)
    found = Answering(fast, view)(examples).probabilities
    assert np.allclose(found, engine.probabilities(examples), atol=1e-3)
    (folder / FOLDER / FILE).unlink()
    assert runtimes.attach(engine, encoder, folder)[1].forward.name == EXACT


class _Leaning:
    """Torch, but a row leans towards the first text of its pass."""

    name, step = BF16, 64

    def __init__(self, encoder: Encoder) -> None:
        self._exact = encoder.forward

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        rows: Rows = np.concatenate([self._exact([row]) for row in ids])
        return (0.2 * rows + 0.8 * rows[:1]).astype(np.float32) if len(ids) > 1 else rows


class _Noisy(_Leaning):
    """Torch with a fixed fault in every row."""

    step = 1

    def __call__(self, ids: Sequence[Sequence[int]]) -> Rows:
        rows: Rows = -self._exact(ids)
        return rows


def test_the_gate_refuses_answers_that_depend_on_neighbours(encoder: Encoder) -> None:
    """Label agreement alone would not show it to who asks one text at a time."""
    classifier = build(encoder, unknown_below=0.9)
    rows = text_rows(36)
    labels = np.array([list(WORDS).index(row["label"]) for row in rows])
    examples = Examples(tuple(tidy(row["text"]) for row in rows))
    against = compared(classifier.engine, encoder, examples, labels)
    same = agreement(classifier.engine, encoder, against)
    assert (same.labels, same.outcomes, same.flips, same.faults) == (1.0, 1.0, 0, ())
    leaning = agreement(classifier.engine, encoder.through(_Leaning(encoder)), against)
    assert leaning.flips > 0
    assert any("neighbours" in fault for fault in leaning.faults)
    noisy = agreement(classifier.engine, encoder.through(_Noisy(encoder)), against)
    assert (noisy.flips, noisy.labels < 0.99) == (0, True)
    assert any("the labels are those of torch" in fault for fault in noisy.faults)


def test_a_runtime_that_fails_the_gate_does_not_serve(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its result stands in the folder with the reason, and torch answers."""
    monkeypatch.setattr(serving, "opened", lambda *_, **__: _Noisy(encoder))
    monkeypatch.setattr(serving, "probe", _passes)
    classifier = build(encoder, unknown_below=0.9)
    rows = text_rows(36)
    labels = np.array([list(WORDS).index(row["label"]) for row in rows])
    examples = Examples(tuple(tidy(row["text"]) for row in rows))
    runtimes = Runtimes(tmp_path / "runtimes", wanted="auto", threads=1)
    folder = sealed(tmp_path / "v0001")
    runtimes.equip(classifier.engine, encoder, folder, rows=(examples, labels))
    said = json.loads((folder / RESULT).read_text())["runtimes"]
    assert [one["passed"] for one in said] == [False] * len(OTHERS)
    assert all(one["faults"] for one in said)
    assert runtimes.attach(classifier.engine, encoder, folder)[1].forward.name == EXACT


def _passes(forward: Any, _tokens: object, _exact: object) -> Any:
    from finetune.runtimes.probing import Probed

    return Probed(forward.name, 1.0, 1.0, 1.0)


def test_a_person_is_told_which_runtime_serves(encoder: Encoder, tmp_path: Path) -> None:
    """And of each other one how fast it was, or why it is not there; nothing is loaded for it."""

    def told(wanted: str) -> str:
        return standing(tmp_path, encoder.folder, wanted=wanted, threads=1)

    assert told("torch") == "torch fp32: ANDON_RUNTIME asks for no other"
    assert "onnxruntime fp32: looked at by the next training" in told("auto")
    first = Runtimes(tmp_path / ".runtimes", wanted="onnxruntime", threads=1).ranked(encoder)[0]
    assert told("onnxruntime").startswith(f"{first.kind} serves where a model's gate let it; ")
    assert "ms a text" in told("onnxruntime")


def test_with_torch_nothing_is_exported(encoder: Encoder, tmp_path: Path) -> None:
    """Nothing is tried, kept or written."""
    engine, examples, labels = lora_engine(encoder)
    runtimes = Runtimes(tmp_path / "runtimes", wanted="torch", threads=1)
    folder = sealed(tmp_path / "v0001")
    runtimes.equip(engine, encoder, folder, rows=(examples, labels))
    assert runtimes.fastest(encoder).forward.name == EXACT
    assert [path.name for path in folder.iterdir()] == [MANIFEST]
    assert not (tmp_path / "runtimes").exists()
    assert Classifier(engine, encoder, version="v1", about={}).runtime == EXACT
