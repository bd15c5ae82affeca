"""Model folders that somebody tampered with: refused by every door, and the old one serves on."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from finetune.artefact import MANIFEST, MAX_MANIFEST, seal
from finetune.file_forms import FREELY_UNPACKED
from finetune.models import ModelStore
from ingest.errors import SettingsFault
from service.app import create_app
from service.cli.main import app
from service.parts import Parts
from tests.small_models import PLACES
from tests.unit.finetune.conftest import rewrite_json

LOCAL = "http://127.0.0.1"
MODEL = "logistic-regression.skops"

Harm = Callable[[Path], object]


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (self.target, "boom")


def flipped(folder: Path) -> None:
    """One bit in the middle."""
    content = bytearray((folder / MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / MODEL).write_bytes(content)


def truncated(folder: Path) -> None:
    """As after a full disk."""
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:-100])


def pickled(folder: Path) -> None:
    """Code that runs when it is loaded, under a harmless name and a manifest that fits."""
    (folder / MODEL).write_bytes(pickle.dumps(Bomb(folder.parent / "boom")))
    seal_again(folder)


def of_unknown_type(folder: Path) -> None:
    """A skops file of something that our models are not made of."""
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    skops.io.dump(FunctionTransformer(print), folder / MODEL)
    seal_again(folder)


def oversized_header(folder: Path) -> None:
    """A safetensors file that asks for more memory than there is."""
    content = (2**62).to_bytes(8, "little") + b"{}"
    (folder / "adapter.safetensors").write_bytes(content)
    seal_again(folder)


def outside(folder: Path) -> None:
    """The manifest names a file elsewhere."""
    said = {"bytes": 1, "sha256": "0" * 64}
    rewrite_json(folder / MANIFEST, lambda read: read["files"].update({"../outside.json": said}))


def linked_file(folder: Path) -> None:
    """The right content, in another place."""
    (folder / MODEL).rename(folder.parent / "aside.skops")
    (folder / MODEL).symlink_to(folder.parent / "aside.skops")


def linked_folder(folder: Path) -> None:
    """The whole version lies elsewhere."""
    folder.rename(folder.parent / "aside")
    folder.symlink_to(folder.parent / "aside")


def linked_below(folder: Path) -> None:
    """A folder in the folder leads out of it."""
    (folder.parent / "aside").mkdir()
    (folder / "serving").symlink_to(folder.parent / "aside")


def extra(folder: Path) -> None:
    """A file rides along."""
    (folder / "serving").mkdir()
    (folder / "serving" / "more.json").write_text("{}")


def empty_folder(folder: Path) -> None:
    """Nothing rides along, but it is not ours."""
    (folder / "serving").mkdir()


def missing(folder: Path) -> None:
    """A file is gone."""
    (folder / MODEL).unlink()


def listed_script(folder: Path) -> None:
    """The manifest fits, but our models have no such file."""
    (folder / "model.py").write_text("print(1)")
    seal_again(folder)


def a_pipe(folder: Path) -> None:
    """Whoever opens it to read waits for ever."""
    (folder / MODEL).unlink()
    os.mkfifo(folder / MODEL)


def oversized_manifest(folder: Path) -> None:
    """Nobody reads that."""
    (folder / MANIFEST).write_bytes(b" " * (MAX_MANIFEST + 1))


def nested_manifest(folder: Path) -> None:
    """Brackets without an end."""
    (folder / MANIFEST).write_text("[" * 500_000)


def nested_description(folder: Path) -> None:
    """The same where the manifest fits."""
    (folder / "model.json").write_text("[" * 500_000)
    seal_again(folder)


def zip_bomb(folder: Path) -> None:
    """A few kilobytes that unpack to more than the memory."""
    with zipfile.ZipFile(folder / MODEL, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("schema.json", b"0" * (FREELY_UNPACKED + 1))
    seal_again(folder)


def zip_that_leads_out(folder: Path) -> None:
    """A packed name with a way in it."""
    with zipfile.ZipFile(folder / MODEL, "a") as packed:
        packed.writestr("../outside", b"")
    seal_again(folder)


def seal_again(folder: Path) -> None:
    """Make the manifest fit what was done."""
    (folder / MANIFEST).unlink()
    seal(folder)


SIX = (
    (flipped, "was changed"),
    (truncated, "was changed: it has"),
    (pickled, "is not a readable skops file"),
    (of_unknown_type, "types that are not allowed"),
    (oversized_header, "says that its header has"),
    (outside, "a path that leads elsewhere"),
)
MORE = (
    (linked_file, "is no plain file"),
    (linked_folder, "it is no plain folder"),
    (linked_below, "serving is not listed"),
    (extra, "more.json is not listed"),
    (empty_folder, "serving is not listed"),
    (missing, "is missing"),
    (listed_script, "of a kind that no model of ours has"),
    (a_pipe, "is no plain file"),
    (oversized_manifest, "its manifest cannot be read"),
    (nested_manifest, "its manifest cannot be read"),
    (nested_description, "is not JSON that can be read"),
    (zip_bomb, "would unpack to"),
    (zip_that_leads_out, "whose name leads elsewhere"),
)


@pytest.fixture
def store(real_parts: Parts) -> ModelStore:
    return real_parts.shelf.store


@pytest.fixture
def plant(real_parts: Parts) -> Iterator[TestClient]:
    """A client of a service that serves the first version."""
    app = create_app(real_parts)
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        assert served(client) == "v0001"
        yield client


def served(client: TestClient) -> str:
    """The version that answers."""
    inputs = [{"features": {"x": place}} for place in PLACES]
    reply = client.post("/v1/classify", json={"task": "mine", "inputs": inputs})
    assert reply.status_code == 200, reply.text
    (version,) = {one["model_version"] for one in reply.json()["predictions"]}
    return str(version)


@pytest.mark.parametrize(("harm", "reason"), [*SIX, *MORE])
def test_a_hostile_model_comes_in_by_no_door(  # fixtures and what each kind needs
    plant: TestClient, store: ModelStore, tmp_path: Path, *, harm: Harm, reason: str
) -> None:
    """Not by loading, on the command line by force, over HTTP by force, nor past the gate."""
    harm(store.folder("mine", "v0002"))
    with pytest.raises(SettingsFault, match=reason):
        store.load("mine", "v0002")
    words = ["models", "promote", "mine", "v0002", "--force", "--reason", "it must"]
    result = CliRunner().invoke(app, [*words, "--home", str(tmp_path)])
    assert isinstance(result.exception, SettingsFault), result.output
    assert reason in str(result.exception)
    body = {"version": "v0002", "force": True, "reason": "it must"}
    reply = plant.post("/v1/models/mine/promote", json=body)
    assert (reply.status_code, reply.json()["type"]) == (503, "urn:andon:fault:SettingsFault")
    assert (served(plant), store.current("mine")) == ("v0001", "v0001")
    (tmp_path / "models" / "mine" / "current").write_text("v0001\nv0002\n")
    assert served(plant) == "v0001"
    assert not (tmp_path / "models" / "mine" / "boom").exists()


def test_the_untouched_second_version_comes_in(plant: TestClient) -> None:
    """So that the refusals are about what was done to it."""
    assert plant.post("/v1/models/mine/promote", json={"version": "v0002"}).status_code == 200
    assert served(plant) == "v0002"


def test_a_hostile_model_in_the_list_hides_no_other(plant: TestClient, store: ModelStore) -> None:
    """It stands there, and the others with their figures."""
    nested_manifest(store.folder("mine", "v0002"))
    listed = plant.get("/v1/models").json()["models"]
    assert [one["version"] for one in listed if one["task"] == "mine"] == ["v0001", "v0002"]
    assert json.dumps(plant.get("/v1/tasks").json()).count("v0001") == 1
