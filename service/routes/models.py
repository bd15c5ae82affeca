"""The versions of each classifier: which one serves, which may, and what is known of them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response

from service.model_bodies import Evaluate, Promote, SetShadow
from service.model_replies import DriftOut, EvaluationOut, GateOut, ShadowOut
from service.model_requests import PLOTS, evaluated, on_file, promoted
from service.parts import PartsPart
from service.replies import ModelOut, ModelsOut
from service.routes.callers import Engineer, Operator, form_only, task_only

router = APIRouter(prefix="/v1/models", tags=["models"], dependencies=[task_only])

MARKDOWN = "text/markdown; charset=utf-8"
PNG = "image/png"


@router.get("")
def list_models(parts: PartsPart, _: Operator) -> ModelsOut:
    """Every trained model."""
    return ModelsOut(models=[ModelOut.model_validate(model) for model in parts.shelf.models()])


@router.post("/{task}/promote")
def promote(task: str, body: Promote, parts: PartsPart, caller: Engineer) -> ModelsOut:
    """Serve that version from now on; 409 with the reasons when the gate refuses it."""
    promoted(parts.shelf, task, body, by=caller.name)
    return list_models(parts, caller)


@router.post("/{task}/rollback")
def roll_back(task: str, parts: PartsPart, caller: Engineer) -> ModelsOut:
    """Serve the version before again."""
    parts.shelf.roll_back(task, who=caller.name)
    return list_models(parts, caller)


@router.get("/{task}/{version}/gate")
def judge(task: str, version: str, parts: PartsPart, _: Operator) -> GateOut:
    """Whether the gate would let that version into use, without doing it."""
    return GateOut.model_validate(parts.shelf.store.gate(task, version))


@router.get(
    "/{task}/{version}/card",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}},
)
def show_card(task: str, version: str, parts: PartsPart, _: Operator) -> Response:
    """What a person should know before relying on that version, as Markdown."""
    return Response(on_file(parts.shelf.store, task, version, "card.md"), media_type=MARKDOWN)


@router.get(
    "/{task}/{version}/plots/{plot}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
def show_plot(
    task: str,
    version: str,
    plot: Literal["reliability", "confusion"],
    parts: PartsPart,
    _: Operator,
) -> Response:
    """How far its confidence can be believed, or what it takes for what; as PNG."""
    return Response(on_file(parts.shelf.store, task, version, PLOTS[plot]), media_type=PNG)


@router.post("/{task}/evaluate", dependencies=[form_only])
def judge_rows(
    task: str, form: Annotated[Evaluate, Form()], parts: PartsPart, _: Engineer
) -> EvaluationOut:
    """How good a version is on labelled rows that are sent along."""
    return EvaluationOut.model_validate(evaluated(parts.shelf.store, task, form))


@router.get("/{task}/shadow")
def show_shadow(task: str, parts: PartsPart, _: Operator) -> ShadowOut:
    """The version in the shadow against the one that serves, on the same live inputs."""
    return ShadowOut.of(parts.compared(task))


@router.post("/{task}/shadow")
def set_shadow(task: str, body: SetShadow, parts: PartsPart, _: Engineer) -> ShadowOut:
    """Ask that version about every live input as well, without answering with it; null ends it."""
    parts.shelf.store.set_shadow(task, body.version)
    return show_shadow(task, parts, _)


@router.get("/{task}/drift")
def show_drift(task: str, parts: PartsPart, _: Operator) -> DriftOut:
    """Whether what comes in is still what the model was trained on."""
    return DriftOut.of(parts.learning.drift.standing(task, parts.clock()))
