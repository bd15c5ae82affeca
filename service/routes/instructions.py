"""Instructions for the next shifts: in every handover until they are cleared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from service.bodies import Clear, Instruct
from service.instructions import NewInstruction
from service.parts import Parts, PartsPart
from service.replies import InstructionOut, InstructionsOut
from service.routes.callers import Operator, who

router = APIRouter(prefix="/v1/instructions", tags=["instructions"])


@router.get("")
def list_instructions(
    parts: PartsPart,
    _: Operator,
    *,
    cleared: Annotated[bool, Query(description="Those that were cleared as well.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> InstructionsOut:
    """Those in force, oldest first."""
    found = parts.instructions.listed(cleared=cleared, limit=limit)
    return InstructionsOut(instructions=[InstructionOut.model_validate(one) for one in found])


@router.post("")
def give_instruction(body: Instruct, parts: PartsPart, caller: Operator) -> InstructionOut:
    """Leave words for the next shifts, or flag a card; every handover says them until cleared."""
    line, machine = _subject(body, parts)
    new = NewInstruction(
        body.text,
        line=line,
        machine=machine,
        issue=body.issue or "",
        by=who(parts, caller, body.by),
    )
    return InstructionOut.model_validate(parts.instructions.give(new, parts.clock()))


@router.post("/{instruction}/clear")
def clear_instruction(
    instruction: str,
    parts: PartsPart,
    caller: Operator,
    body: Annotated[Clear | None, Body()] = None,
) -> InstructionOut:
    """Say that it is done or no longer holds."""
    by = who(parts, caller, body.by if body else "")
    found = parts.instructions.clear(instruction, by=by, at=parts.clock())
    return InstructionOut.model_validate(found)


def _subject(body: Instruct, parts: Parts) -> tuple[str, str]:
    """Line and machine, both as the plant knows them."""
    if body.line is not None:
        return parts.plant.line(body.line)[0].line, ""
    name = body.machine if body.issue is None else parts.cards.find(body.issue).machine
    machine = parts.plant.machine(name or "")
    return machine.line, machine.id
