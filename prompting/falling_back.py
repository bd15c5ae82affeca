"""Why a text was written by rule although a model is set, in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping

from prompting.question import Unanswered

NOTE_LENGTH = 400
OTHER = "other"
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "note": "Written without the model {model}: {reason}",
        OTHER: "it gave no usable reply.",
    },
    "de": {
        "note": "Ohne das Modell {model} geschrieben: {reason}",
        "away": "Es ist nicht erreichbar.",
        "silent": "Es hat nicht rechtzeitig zu antworten begonnen.",
        "slow": "Es war nicht rechtzeitig fertig.",
        "busy": "Es ist überlastet.",
        "failed": "Sein Server meldete einen Fehler.",
        "refused": "Sein Server hat die Anfrage abgelehnt.",
        "cut": "Sein Server hat einen Teil der Anfrage weggelassen.",
        "length": "Seine Antwort wurde abgeschnitten.",
        "schema": "Seine Antwort hielt die verlangte Form nicht ein.",
        "budget": "Die Anfrage ist zu lang für das Modell.",
        "breaker": "Es ist zuletzt mehrmals ausgefallen und wird eine Weile nicht gefragt.",
        "stopped": "Auf die Antwort hat niemand mehr gewartet.",
        OTHER: "Es gab keine brauchbare Antwort.",
    },
}


def note(fault: Unanswered, model: str, language: str) -> str:
    """One line for the result; what a server said of itself stands in quotation marks in it."""
    words = WORDS[language]
    reason = str(fault) if language == "en" else words.get(fault.reason, words[OTHER])
    text = words["note"].replace("{model}", model).replace("{reason}", reason or words[OTHER])
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= NOTE_LENGTH else f"{line[: NOTE_LENGTH - 1]}…"
