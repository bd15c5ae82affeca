"""Fitting a scikit-learn model without advice on standard error."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from finetune.examples import Rows

log = logging.getLogger(__name__)


def fitted(model: Any, inputs: Any, labels: Rows) -> Any:
    """The model, fitted; one that stopped before it converged is still judged like the others."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(inputs, labels)
    for warning in caught:
        log.info("fitting advice", extra={"model": type(model).__name__, "advice": str(warning)})
    return model
