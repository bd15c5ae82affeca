"""Features that are made of others: power of torque and speed, a difference of temperatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from finetune.examples import Floats
from finetune.task import Operation, Task


def derive(task: Task, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The same numbers with the derived ones; one whose parts are not there is not there.

    A number without a finite result, such as a ratio to zero, is missing (NaN).

    Args:
        task: declares them, the later ones of the earlier ones too.
        numbers: by name, one each or a whole column each.
    """
    found = dict(numbers)
    for one in task.derived:
        left, right = (found.get(name) for name in one.of)
        if left is not None and right is not None:
            result = _result(one.op, np.asarray(left, np.float64), np.asarray(right, np.float64))
            found[one.name] = result if result.ndim else float(result)
    return found


def sources(task: Task) -> tuple[str, ...]:
    """Columns that derived features are made of and that are not derived themselves."""
    made = {one.name for one in task.derived}
    return tuple(dict.fromkeys(name for one in task.derived for name in one.of if name not in made))


def _result(operation: Operation, left: Floats, right: Floats) -> Floats:
    with np.errstate(all="ignore"):
        made = {
            Operation.PRODUCT: np.multiply,
            Operation.RATIO: np.divide,
            Operation.DIFFERENCE: np.subtract,
            Operation.SUM: np.add,
        }[operation](left, right)
        found: Floats = np.where(np.isfinite(made), made, np.nan)
    return found
