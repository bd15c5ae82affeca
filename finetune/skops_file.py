"""scikit-learn models on disk: skops with an allow-list, never a pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from ingest.errors import SettingsFault

ALLOWED = frozenset(
    {
        "numpy.dtype",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.tree._tree.Tree",
    }
)
"""Types that skops does not trust by itself and that our own models are made of."""


def write_skops(model: object, path: Path) -> None:
    """Write a fitted scikit-learn model."""
    import skops.io

    skops.io.dump(model, path)


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
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as fault:
        raise SettingsFault(f"{path} is not a readable skops file: {fault}") from fault
    except UntrustedTypesFoundException as fault:
        raise SettingsFault(f"{path} holds types that are not allowed: {fault}") from fault
    if not isinstance(model, expected):
        raise SettingsFault(f"{path} holds a {type(model).__name__}, which is not what it is for.")
    return model
