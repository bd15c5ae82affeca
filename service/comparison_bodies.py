"""What the service is sent to start a comparison."""

from __future__ import annotations

from typing import Annotated

from fastapi import UploadFile
from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from finetune.models import TASK_NAME
from service.bodies import Body


class Compare(Body):
    """What is compared on which rows, and what the task wants; only `task` must be given."""

    task: Annotated[str, StringConstraints(pattern=rf"^{TASK_NAME.pattern}$")]
    """One that ships with us or is in use, or a new name; `questions` for a file of questions."""
    file: UploadFile | SkipJsonSchema[None] = None
    """Labelled rows: CSV, JSON lines or Parquet. Without: the rows that ship with the task."""
    task_file: UploadFile | SkipJsonSchema[None] = None
    """Labels, columns and targets of these rows, declared in TOML."""
    codes: UploadFile | SkipJsonSchema[None] = None
    """A code table or a manual with one, for retrieval. Without: the plant's documents."""
    target: Annotated[float, Field(gt=0, le=1)] | None = None
    """Macro-F1 that is wanted; without: what the task file says, else 0.80."""
    up_to: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")] | None = None
    """The dearest classifier that is tried, such as hybrid."""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    apply: bool = False
    """Answer the task that way from then on."""
