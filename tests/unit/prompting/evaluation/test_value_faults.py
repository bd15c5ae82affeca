"""A fault that would not show is not planted."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.plant import SignalSpec
from prompting.evaluation.course import plan_course
from prompting.evaluation.scene import Scene, Trace
from prompting.evaluation.signals import design_signals
from prompting.evaluation.usual import usual
from prompting.evaluation.value_faults import limit

DAY_S, SHIFT_S = 86_400.0, 28_800.0


@pytest.mark.parametrize(("share", "planted"), [(1.0, True), (0.2, False)])
def test_a_limit_is_only_violated_where_the_hours_product_can_reach_it(
    share: float, *, planted: bool
) -> None:
    """And where it cannot, the samples stay as they were."""
    rng = np.random.default_rng(3)
    course = plan_course(rng, 0.0, DAY_S + SHIFT_S)
    (design,) = (d for d in design_signals(rng, 5) if d.kind == "pressure")
    times = np.arange(0.0, DAY_S + SHIFT_S, 5.0)
    values = 100.0 + rng.normal(0.0, 0.5, len(times))
    known = usual(times, values, times < DAY_S, quantum=0.1)
    values = np.where(times < DAY_S, values, share * values)
    trace = Trace(design, times, values.copy(), np.zeros(len(times), dtype=bool))
    scene = Scene(
        "press-3",
        DAY_S,
        DAY_S + SHIFT_S,
        course,
        {design.name: trace},
        {design.name: known},
        {design.name: SignalSpec(design.name, "bar", high=104.0)},
    )
    assert (limit(scene, rng) is not None) is planted
    assert np.array_equal(trace.values, values) is not planted
