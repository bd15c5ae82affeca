"""The words of our own between the quotes, in the languages of the reader."""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES = ("en", "de")

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "revision": "revision",
        "page": "page",
        "pages": "pages",
        "printed": "printed",
        "warnings": "Warnings",
        "steps": "Steps",
        "in_short": "In short",
        "differ": "Documents in force do not say the same; the newer one stands first",
        "nothing": "No current document is about this machine.",
        "ambiguous_code": "{code} means something else on {kinds}: say which machine.",
        "ambiguous_machine": "{machines} could be meant: say which machine.",
        "other_machine": (
            "The question names {named}, but it was asked about {asked}: ask about one of them."
        ),
        "for_another": "The question names {named}; this answer is for {asked}.",
        "unknown_machine": "The plant has no {named}. Its machines: {machines}.",
        "not_yet": "{document}, revision {revision}, holds from {day} on; today is {today}.",
        "unknown_code": "{codes} stands in no current document for this machine.",
        "missing": "A code table refers to {document}, which is not among the documents.",
        "too_little": (
            "The documents say too little about this: support {support:.3f}, and an answer needs "
            "{least:.3f}. One passage has {coverage:.0%} of the question's terms at best. Ask with "
            "the words of the manual, name the machine or the code, or look at the nearest "
            "passages."
        ),
    },
    "de": {
        "revision": "Revision",
        "page": "Seite",
        "pages": "Seiten",
        "printed": "gedruckt",
        "warnings": "Warnhinweise",
        "steps": "Schritte",
        "in_short": "Kurz gesagt",
        "differ": "Gültige Dokumente sagen nicht dasselbe; das neuere steht zuerst",
        "nothing": "Kein gültiges Dokument handelt von dieser Maschine.",
        "ambiguous_code": (
            "{code} bedeutet an {kinds} jeweils etwas anderes: bitte die Maschine nennen."
        ),
        "ambiguous_machine": "Gemeint sein könnte {machines}: bitte die Maschine nennen.",
        "other_machine": (
            "Die Frage nennt {named}, gestellt ist sie zu {asked}: bitte nach einer davon fragen."
        ),
        "for_another": "Die Frage nennt {named}; diese Antwort gilt für {asked}.",
        "unknown_machine": "Im Werk gibt es kein {named}. Seine Maschinen: {machines}.",
        "not_yet": "{document}, Revision {revision}, gilt ab {day}; heute ist {today}.",
        "unknown_code": "{codes} steht in keinem gültigen Dokument für diese Maschine.",
        "missing": "Eine Codetabelle verweist auf {document}; dieses Dokument fehlt.",
        "too_little": (
            "Die Dokumente sagen dazu zu wenig: Stützung {support:.3f}, nötig ist "
            "{least:.3f}. Eine Stelle hat bestenfalls {coverage:.0%} der Wörter der Frage. "
            "Bitte mit den Wörtern des Handbuchs fragen, Maschine oder Code nennen oder die "
            "nächsten Stellen ansehen."
        ),
    },
}

_GERMAN = frozenset(
    """
    aber alle als am an auf aus bei beim bin bis bitte da danach dann das dass dem den der des die
    dies diese diesem dieser doch du durch ein eine einem einen einer es für gegen geht gibt
    hat haben ich ihr im ins ist ja jetzt kann kein keine mache machen mal mehr mein mit muss
    müssen nach nicht noch nur ob oder ohne schon sein sich sie sind so soll sollte tun über
    um und uns unter vom von vor wann warum was welche welchem welchen welcher welches wenn
    wer werden wie wieder wieviel wir wird wo wohin zu zum zur zwischen""".split()  # noqa: SIM905 - reads best as words
)
_ENGLISH = frozenset(
    """
    a an and are as at be before by can do does for from got has have how i if into is it its long
    many me much must my next not of often on or should that the then there these this to too
    up was we what when where which who why will with you your""".split()  # noqa: SIM905
)
_WORD = re.compile(r"[^\W\d_]+")


def language_of(question: str, default: str = "en") -> str:
    """`de` or `en`, by the small words of a question; the default where there are none."""
    words = [word.casefold() for word in _WORD.findall(question)]
    german = sum(word in _GERMAN or bool(set(word) & set("äöüß")) for word in words)
    english = sum(word in _ENGLISH for word in words)
    if german == english:
        return default
    return "de" if german > english else "en"
