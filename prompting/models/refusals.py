"""What an HTTP status of a model server means: worth another try, or something to correct."""

from __future__ import annotations

import json
from collections.abc import Mapping

from prompting.model import EngineFault, PassingFault
from prompting.slots import harmless

WORDS_LENGTH = 200
WORTH_RETRYING = (408, 409, 425, 500, 502, 503, 504)
BUSY = 429
LONGEST_PAUSE_S = 3600.0
REMEDIES = {
    400: "",
    401: "Look at ANDON_LLM_API_KEY_FILE.",
    403: "Look at ANDON_LLM_API_KEY_FILE.",
    404: "Look at ANDON_LLM_URL and ANDON_LLM_MODEL.",
}


def refusal(status: int, body: str, headers: Mapping[str, str]) -> EngineFault:
    """The fault for any status but 200."""
    message = f"The model server answered {status}{_said(body)}"
    if status == BUSY:
        return PassingFault(message, "busy", retry_after_s=_pause(headers.get("retry-after", "")))
    if status in WORTH_RETRYING or status > 504:
        pause = _pause(headers.get("retry-after", ""))
        return PassingFault(message, "failed", retry_after_s=pause)
    if 300 <= status < 400:
        remedy = "Correct ANDON_LLM_URL: redirections are not followed."
        return EngineFault(message, "refused", remedy=remedy)
    return EngineFault(message, "refused", remedy=REMEDIES.get(status, ""))


def error_words(found: object) -> str:
    """The words of an error in any of the forms that servers use, quoted; "" without any.

    They are the server's and may repeat what it was sent, so they stand in quotation marks.
    """
    words = _words(found).rstrip(".")
    return f"“{words}”" if words else ""


def _words(found: object) -> str:
    if isinstance(found, str):
        return harmless(found, WORDS_LENGTH)
    if isinstance(found, Mapping):
        for name in ("error", "message", "detail"):
            if words := _words(found.get(name)):
                return words
    if isinstance(found, list) and found:
        return _words(found[0].get("msg") if isinstance(found[0], Mapping) else found[0])
    return ""


def _said(body: str) -> str:
    try:
        words = error_words(json.loads(body))
    except (ValueError, RecursionError):
        words = ""
    return f": {words}." if words else "."


def _pause(asked: str) -> float:
    """Seconds of a Retry-After; the form with a date is taken as none."""
    try:
        return min(max(float(asked), 0.0), LONGEST_PAUSE_S)
    except ValueError:
        return 0.0
