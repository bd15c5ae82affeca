"""Which machines a key is for: all of them, or some machines and lines of the plant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.errors import NotKnown
from ingest.plant import Machine, Plant
from service.faults import Forbidden

SHOWN = 12
"""Machines that are named at once."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Machines and lines; with neither, everything."""

    machines: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def limited(self) -> bool:
        """Whether there is anything that it leaves out."""
        return bool(self.machines or self.lines)

    def has(self, machine: Machine) -> bool:
        """Whether the machine is one of them."""
        return not self.limited or machine.id in self.machines or machine.line in self.lines

    def among(self, plant: Plant) -> tuple[Machine, ...]:
        """The machines of the plant that are."""
        return tuple(machine for machine in plant.machines if self.has(machine))

    def machine(self, plant: Plant, machine: str) -> Machine:
        """That machine of the plant.

        Raises:
            NotKnown: the plant has none of that id.
            Forbidden: the key is for others.
        """
        found = plant.machine(machine)
        if not self.has(found):
            raise Forbidden(f"Your key is not for {found.id}.", remedy=self.words)
        return found

    def line(self, plant: Plant, line: str) -> tuple[Machine, ...]:
        """The machines of a line, every one of which the key must be for."""
        found = plant.line(line)
        if not all(self.has(machine) for machine in found):
            raise Forbidden(f"Your key is not for the whole of {line}.", remedy=self.words)
        return found

    def ids(self, plant: Plant) -> frozenset[str] | None:
        """Ids of the machines; None for all, those that the plant has no more among them."""
        return frozenset(one.id for one in self.among(plant)) if self.limited else None

    def everything(self) -> None:
        """Raise Forbidden unless it is for the whole plant."""
        if self.limited:
            raise Forbidden("This is about the whole plant; your key is not.", remedy=self.words)

    @property
    def words(self) -> str:
        """What it is for, as a sentence."""
        if not self.limited:
            return "It is for every machine."
        return f"It is for {shown((*self.machines, *self.lines))}."

    def check(self, plant: Plant) -> None:
        """Raise NotKnown for a machine or a line that the plant does not have."""
        machines, lines = {m.id for m in plant.machines}, {m.line for m in plant.machines}
        strange = [*sorted(set(self.machines) - machines), *sorted(set(self.lines) - lines)]
        if strange:
            known = shown([*sorted(machines), *sorted(lines)])
            raise NotKnown(f"{plant.path} has no {', '.join(strange)}.", remedy=f"It has {known}.")


EVERYWHERE = Reach()


def shown(names: Iterable[str]) -> str:
    """Names in a row, not too many of them."""
    every = list(names)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more
