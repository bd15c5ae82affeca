"""Which old versions of a task may go."""

from __future__ import annotations

from collections.abc import Sequence

STEPS_BACK = 2
"""Versions before the one in use that a rollback must still find."""


def to_remove(
    versions: Sequence[str], promoted: Sequence[str], *, shadow: str | None, keep: int
) -> tuple[str, ...]:
    """Versions, oldest first, that are neither among the newest nor needed.

    Needed are the one in use, those that a rollback goes back to, and the one in the shadow.

    Args:
        versions: all of them, oldest first.
        promoted: in the order in which they came into use; the last one is in use.
        shadow: the version that runs in the shadow.
        keep: how many of the newest stay whatever they are; at least one does.
    """
    needed = {*promoted[-(STEPS_BACK + 1) :], *versions[-max(keep, 1) :], shadow}
    return tuple(version for version in versions if version not in needed)
