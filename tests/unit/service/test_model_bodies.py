"""What the service is sent about classifiers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from finetune.task_check import MOST_LABEL
from service.model_bodies import Feedback


def test_verdict_may_name_every_label_that_a_task_may_have() -> None:
    """As long as a label can be, and no longer."""
    longest = "x" * MOST_LABEL
    assert Feedback(prediction="p1", verdict="wrong", label=longest).label == longest
    with pytest.raises(ValidationError, match="at most 200"):
        Feedback(prediction="p1", verdict="wrong", label=f"{longest}x")
