"""scikit-learn models on disk: skops with an allow-list, never a pickle."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from ingest.errors import SettingsFault

ALLOWED = frozenset(
    {
        "numpy.dtype",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Types that skops does not trust by itself and that our own models are made of."""
SCHEMA = "schema.json"
NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_skops(model: object, path: Path) -> None:
    """Write a fitted scikit-learn model; the same model gives the same bytes.

    skops names arrays by their address in memory and packs the time of writing. Here an array is
    named by its content and nothing says when.
    """
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as packed:
        contents = {name: packed.read(name) for name in packed.namelist() if name != SCHEMA}
        schema = json.loads(packed.read(SCHEMA))
    named = {
        name: f"{hashlib.sha256(content).hexdigest()[:32]}{Path(name).suffix}"
        for name, content in contents.items()
    }
    files = {named[name]: content for name, content in contents.items()}
    files[SCHEMA] = json.dumps(_settled(schema, named), sort_keys=True).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, NO_TIME)
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)


def read_skops(path: Path, *expected: type) -> Any:
    """Read a model that is one of the expected types and is made of allowed types only.

    Raises:
        SettingsFault: it is no skops file, or holds anything else.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        refused = sorted(set(skops.io.get_untrusted_types(file=path)) - ALLOWED)
        if refused:
            raise SettingsFault(f"{path} holds types that are not allowed: {', '.join(refused)}.")
        model = skops.io.load(path, trusted=sorted(ALLOWED))
    except SettingsFault:
        raise
    except UntrustedTypesFoundException as fault:
        raise SettingsFault(f"{path} holds types that are not allowed: {fault}") from fault
    except Exception as fault:  # a parser of untrusted bytes may fail in any way
        raise SettingsFault(f"{path} is not a readable skops file: {fault!r}") from fault
    if not isinstance(model, expected):
        raise SettingsFault(f"{path} holds a {type(model).__name__}, which is not what it is for.")
    return model


def _settled(node: Any, named: dict[str, str]) -> Any:
    """The schema without addresses: no object is looked up by one, and files are named anew."""
    if isinstance(node, list):
        return [_settled(part, named) for part in node]
    if not isinstance(node, dict):
        return node
    found = {key: _settled(part, named) for key, part in node.items() if key != "__id__"}
    if isinstance(file := found.get("file"), str):
        found["file"] = named.get(file, file)
    return found
