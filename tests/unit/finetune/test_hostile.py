"""Model folders that were tampered with: none of them is loaded."""

from __future__ import annotations

import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.artefact import MANIFEST, seal
from finetune.candidates.lora import LoraSettings
from finetune.dataset import task_for
from finetune.encoder import Encoder, load_encoder
from finetune.engine import read_engine
from finetune.models import ModelStore
from finetune.skops_file import read_skops
from finetune.training import train
from ingest.errors import SettingsFault
from tests.unit.finetune.conftest import make_encoder, rewrite_json, text_rows

FILES = (
    "adapter.json",
    "adapter.safetensors",
    "card.md",
    "confusion.png",
    "head.safetensors",
    "hybrid.regression.skops",
    "hybrid.tfidf.skops",
    "judged.json",
    "labels.json",
    "manifest.json",
    "model.json",
    "neighbours.safetensors",
    "reliability.png",
    "seen.json",
    "tokenizer.json",
)


@pytest.fixture(scope="module")
def sealed(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model with an adapter, a head and linear parts."""
    folder = tmp_path_factory.mktemp("sealed")
    data = folder / "rows.csv"
    lines = ["text,label,group", *(",".join(row.values()) for row in text_rows(180))]
    data.write_text("\n".join(lines) + "\n")
    store = ModelStore(folder / "models", encoder=encoder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("finetune.training.choose", lambda rungs, labels, seed: rungs[-1])
        quick = LoraSettings(epochs=2, learning_rate=5e-3)
        train(task_for("mine", declared=None, data=data), data, store, lora=quick)
    return store.folder("mine", "v0001")


@pytest.fixture
def folder(sealed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sealed, tmp_path / "model")


def test_the_untouched_folder_loads(encoder: Encoder, folder: Path) -> None:
    """So that the refusals below are about what was done to it; all files are known."""
    assert read_engine(folder, encoder)[0].name == "average"
    assert tuple(sorted(path.name for path in folder.iterdir())) == FILES


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.99])
def test_a_flipped_byte_is_noticed(encoder: Encoder, folder: Path, name: str, place: float) -> None:
    """In any file, the manifest included, wherever it is."""
    path = folder / name
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 0x01
    path.write_bytes(content)
    with pytest.raises(SettingsFault):
        read_engine(folder, encoder)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_or_missing_file_is_noticed(encoder: Encoder, folder: Path, name: str) -> None:
    """As after a full disk."""
    path = folder / name
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(SettingsFault):
        read_engine(folder, encoder)
    path.unlink()
    with pytest.raises(SettingsFault):
        read_engine(folder, encoder)


def test_a_file_that_is_not_listed_is_refused(encoder: Encoder, folder: Path) -> None:
    """Nothing rides along."""
    (folder / "extra.py").write_text("print(1)")
    with pytest.raises(SettingsFault, match=r"extra\.py is not listed"):
        read_engine(folder, encoder)


def test_a_link_to_elsewhere_is_refused(encoder: Encoder, folder: Path, tmp_path: Path) -> None:
    """Even when what it leads to has the right content."""
    outside = tmp_path / "outside"
    (folder / "card.md").rename(outside)
    (folder / "card.md").symlink_to(outside)
    with pytest.raises(SettingsFault, match=r"card\.md is no plain file"):
        read_engine(folder, encoder)


ELSEWHERE = (
    *("../outside", "/etc/passwd", "a/../../b", "./card.md", "a//b", "", "a/b/c/d/e.json"),
    *("..", "a\\..\\b", MANIFEST),
)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_manifest_that_points_elsewhere_is_refused(
    encoder: Encoder, folder: Path, path: str
) -> None:
    """A path outside the folder is not even looked at."""
    said = {"bytes": 1, "sha256": "0" * 64}
    rewrite_json(folder / MANIFEST, lambda read: read["files"].update({path: said}))
    with pytest.raises(SettingsFault, match="a path that leads elsewhere"):
        read_engine(folder, encoder)


def test_a_file_that_is_listed_and_not_there_is_refused(encoder: Encoder, folder: Path) -> None:
    """In a folder below, too."""
    said = {"bytes": 1, "sha256": "0" * 64}
    rewrite_json(folder / MANIFEST, lambda read: read["files"].update({"sub/file.json": said}))
    with pytest.raises(SettingsFault, match=r"sub/file\.json is missing"):
        read_engine(folder, encoder)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (self.target, "boom")


def test_a_pickle_named_skops_never_runs(encoder: Encoder, folder: Path, tmp_path: Path) -> None:
    """Not even when the manifest was made to fit."""
    target = tmp_path / "boom"
    (folder / "hybrid.tfidf.skops").write_bytes(pickle.dumps(Bomb(target)))
    seal_again(folder)
    with pytest.raises(SettingsFault, match="not a readable skops file"):
        read_engine(folder, encoder)
    assert not target.exists()


def test_a_type_that_is_not_allowed_is_refused(folder: Path, encoder: Encoder) -> None:
    """A skops file of a type that our models are not made of."""
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    path = folder / "hybrid.tfidf.skops"
    skops.io.dump(FunctionTransformer(print), path)
    seal_again(folder)
    with pytest.raises(SettingsFault, match=r"types that are not allowed|which is not what it is"):
        read_engine(folder, encoder)
    skops.io.dump({"model": Bomb}, path)
    with pytest.raises(SettingsFault, match="types that are not allowed"):
        read_skops(path, dict)


def test_an_allowed_type_in_the_wrong_place_is_refused(folder: Path, encoder: Encoder) -> None:
    """A vectoriser where the regression should be."""
    shutil.copyfile(folder / "hybrid.tfidf.skops", folder / "hybrid.regression.skops")
    seal_again(folder)
    with pytest.raises(SettingsFault, match="which is not what it is for"):
        read_engine(folder, encoder)


def test_a_zip_without_a_schema_is_refused(tmp_path: Path) -> None:
    """The outer form alone does not make it skops."""
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("anything", "else")
    with pytest.raises(SettingsFault, match="not a readable skops file"):
        read_skops(path, dict)


def test_labels_in_another_order_are_refused(folder: Path, encoder: Encoder) -> None:
    """The classic way to be confidently wrong."""
    rewrite_json(folder / "labels.json", lambda labels: labels.reverse())
    seal_again(folder)
    with pytest.raises(SettingsFault, match="in another order"):
        read_engine(folder, encoder)


@pytest.mark.parametrize(
    "change",
    [
        lambda read: read.pop("task"),
        lambda read: read.update(engine="../../elsewhere"),
        lambda read: read.update(temperatures=3),
        lambda read: read["task"].update(kind="poem"),
        lambda read: read["task"]["labels"].append({"name": "more"}),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(
    folder: Path, encoder: Encoder, change: Callable[[dict[str, object]], object]
) -> None:
    """With one fault, not a traceback of some other kind."""
    rewrite_json(folder / "model.json", change)
    seal_again(folder)
    with pytest.raises(SettingsFault):
        read_engine(folder, encoder)


def test_another_encoder_is_refused(folder: Path, tmp_path: Path) -> None:
    """Other weights, or the same weights with another tokenizer."""
    (tmp_path / "other").mkdir()
    other = load_encoder(str(make_encoder(tmp_path / "other", seed=1)))
    with pytest.raises(SettingsFault, match=r"which is not the one in use.*ANDON_ENCODER"):
        read_engine(folder, other)
    (tmp_path / "same").mkdir()
    same = make_encoder(tmp_path / "same")
    rewrite_json(same / "tokenizer.json", lambda read: read.update(version="1.0", truncation=None))
    with pytest.raises(SettingsFault, match="which is not the one in use"):
        read_engine(folder, load_encoder(str(same)))


def test_a_giant_manifest_is_not_read(folder: Path, encoder: Encoder) -> None:
    """Nor one of another form."""
    (folder / MANIFEST).write_text(" " * 2_000_000)
    with pytest.raises(SettingsFault, match="too large"):
        read_engine(folder, encoder)
    (folder / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(SettingsFault, match="cannot be read"):
        read_engine(folder, encoder)
    (folder / MANIFEST).write_text("[1, 2]")
    with pytest.raises(SettingsFault, match="not of a form"):
        read_engine(folder, encoder)


def seal_again(folder: Path) -> None:
    """What someone with write access would do."""
    (folder / MANIFEST).unlink()
    seal(folder)
