"""Instructions for the next shifts: in every handover until they are cleared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from service.access import Caller
from service.bodies import Clear, Instruct
from service.instructions import Instruction, NewInstruction
from service.parts import Parts, PartsPart
from service.replies import InstructionOut, InstructionsOut
from service.routes.callers import Operator, card_of, who

router = APIRouter(prefix="/v1/instructions", tags=["instructions"])


@router.get("")
def list_instructions(
    parts: PartsPart,
    caller: Operator,
    *,
    cleared: Annotated[bool, Query(description="Those that were cleared as well.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> InstructionsOut:
    """Those in force for the machines of the key, oldest first."""
    among = caller.reach.among(parts.plant) if caller.reach.limited else None
    found = parts.instructions.listed(cleared=cleared, among=among, limit=limit)
    return InstructionsOut(instructions=[InstructionOut.model_validate(one) for one in found])


@router.post("")
def give_instruction(body: Instruct, parts: PartsPart, caller: Operator) -> InstructionOut:
    """Leave words for the next shifts, or flag a card; every handover says them until cleared."""
    line, machine = _subject(body, parts, caller)
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
    _reach_of(parts, caller, parts.instructions.find(instruction))
    by = who(parts, caller, body.by if body else "")
    found = parts.instructions.clear(instruction, by=by, at=parts.clock())
    return InstructionOut.model_validate(found)


def _subject(body: Instruct, parts: Parts, caller: Caller) -> tuple[str, str]:
    """Line and machine, both as the plant knows them, for which the key is."""
    if body.line is not None:
        return caller.reach.line(parts.plant, body.line)[0].line, ""
    name = body.machine if body.issue is None else card_of(parts, caller, body.issue).machine
    machine = caller.reach.machine(parts.plant, name or "")
    return machine.line, machine.id


def _reach_of(parts: Parts, caller: Caller, given: Instruction) -> None:
    """Refuse a key that is not for the machine, or for the whole line, of an instruction."""
    if not caller.reach.limited:
        return
    if given.machine:
        caller.reach.machine(parts.plant, given.machine)
    else:
        caller.reach.line(parts.plant, given.line)
