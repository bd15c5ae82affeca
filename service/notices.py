"""What the event stream says, in the same form as the endpoints."""

from __future__ import annotations

from ingest.vocabulary import Issue
from service.feed import Message
from service.floor import MachineView
from service.schemas import IssueOut, MachineOut


def issue_message(issue: Issue) -> Message:
    """A card as it is now."""
    return Message("issue", IssueOut.model_validate(issue).model_dump_json(), issue.machine)


def machine_message(view: MachineView) -> Message:
    """A machine as it stands now."""
    return Message("machine", MachineOut.model_validate(view).model_dump_json(), view.id)
