"""Which documents a caller may see: those that name the role, about machines of the key."""

from __future__ import annotations

from ingest.errors import NotKnown
from ingest.plant import Machine, Plant
from rag.document import Document, DocumentStatus
from rag.standing import holds
from service.access import Caller
from service.parts import Parts
from service.plant_day import today_in


def may_read(caller: Caller, document: Document, plant: Plant) -> bool:
    """Whether the role is among its readers, and whether it is about a machine of the key."""
    if document.readers and caller.reader is not None and caller.reader not in document.readers:
        return False
    machines = caller.reach.among(plant)
    return not caller.reach.limited or any(is_about(document, machine) for machine in machines)


def is_about(document: Document, machine: Machine) -> bool:
    """Whether a document is for that machine, by itself or by its kind."""
    kinds, machines = document.machine_kinds, document.machines
    return (not kinds or machine.kind in kinds) and (not machines or machine.id in machines)


def shelf_of(parts: Parts, caller: Caller) -> list[Document]:
    """Every revision that the caller may see."""
    return [one for one in parts.library.documents() if may_read(caller, one, parts.plant)]


def revisions(parts: Parts, caller: Caller, document: str) -> list[Document]:
    """The revisions of a document that the caller may see.

    Raises:
        NotKnown: there is none; one that may not be seen is none.
    """
    found = [one for one in shelf_of(parts, caller) if one.id == document]
    if not found:
        raise NotKnown(f"There is no document {document[:80]}.", remedy="See: andon docs list.")
    return found


def readable(parts: Parts, caller: Caller, document: str, revision: str | None = None) -> Document:
    """That revision; without one the one that holds today, else the last current, else the last.

    Raises:
        NotKnown: there is none; one that may not be seen is none.
    """
    found = revisions(parts, caller, document)
    if revision is not None:
        named = [one for one in found if one.revision == revision]
        if not named:
            raise NotKnown(f"Document {document[:80]} has no revision {revision[:80]}.")
        return named[0]
    today = today_in(parts.plant.timezone, parts.clock)()
    current = [one for one in found if one.status is DocumentStatus.CURRENT]
    return ([one for one in current if holds(one, today)] or current or found)[-1]
