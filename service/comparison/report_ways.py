"""The ways that a report sets side by side: what stands for each approach, and the cascade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.comparison.nouns import ArmResult, CascadeResult, Quality, Report, Route
from service.comparison.report_words import CASCADE, NAMES, arm_id, cascade_id, plain, steps

FREE = ("finetune", "cascade")
"""Looks that a second arm of an approach may have, as far as nothing else has them."""


@dataclass(frozen=True, slots=True)
class Way:
    """One of them."""

    kind: str
    """How it looks: `prompt`, `rag`, `finetune`, `cascade` or `other`."""
    name: str
    which: str
    found: ArmResult | CascadeResult
    taken: bool
    """Whether it is what is recommended."""

    @property
    def arm(self) -> ArmResult | None:
        """None: it is a cascade."""
        return self.found if isinstance(self.found, ArmResult) else None

    @property
    def cascade(self) -> CascadeResult | None:
        """None: it is an arm alone."""
        return self.found if isinstance(self.found, CascadeResult) else None

    @property
    def quality(self) -> Quality:
        """On the test."""
        return self.found.quality


def ways_of(report: Report) -> tuple[Way, ...]:
    """In the order of what it takes to set them up."""
    arms = [one for one in report.arms if one.chosen]
    cascade = shown_cascade(report)
    found = list(_of_arms(arms, report.decision.arm, free=cascade is None))
    if cascade is not None:
        taken = report.decision.approach is Route.CASCADE
        found.append(Way("cascade", CASCADE, steps(cascade), cascade, taken))
    return tuple(found)


def shown_cascade(report: Report) -> CascadeResult | None:
    """The one that is recommended; else the best that was measured."""
    wanted = report.decision.arm
    found = [one for one in report.cascades if cascade_id(one) == wanted]
    return max(found or report.cascades, key=lambda one: one.quality.macro_f1, default=None)


def _of_arms(arms: Sequence[ArmResult], taken: str, *, free: bool) -> Iterator[Way]:
    """Where two have one approach, as with questions, they go by their own names."""
    of_one = Counter(one.approach for one in arms)
    several = max(of_one.values(), default=0) > 1
    looks = [kind for kind in FREE if kind not in of_one and (free or kind != "cascade")]
    seen: set[str] = set()
    for one in arms:
        again = one.approach in seen
        kind = (looks.pop(0) if looks else "other") if again else str(one.approach)
        seen.add(one.approach)
        own = plain(one.name, 28)
        name = own[:1].upper() + own[1:] if several else NAMES[one.approach]
        yield Way(kind, name, plain(one.name, 60), one, arm_id(one) == taken)
