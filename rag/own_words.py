"""The words of a question that say what it is about, and those that only ask."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]{2,}")
ASKING = frozenset(
    """a about again all also am an and any are as ask at be before but by can could did do does for
    from get go had has have here how if in into is it its just long many me mean means much
    must my need next no not now of often ok okay on one or our out please say should so some
    tell than that the their them then there these they this those to too up use was we what
    when where which who why will with would yes you your torque pressure temperature limit
    value interval time page step ab aber alle als am an auch auf aus bei beim bin bis bitte
    da dabei damit danach dann das dass dem den denn der des die dies diese doch du durch ein
    eine einem einen einer es für gilt hat haben ich ihr im in ist ja jetzt kann kein lange
    man mehr mein mit muss nach nicht noch nun nur ob oder oft ohne sein sich sie sind so soll
    und uns unter viel vom von vor wann warum was welche welchem welchen welcher welches wenn
    wer wie wieder wird wo zu zum zur drehmoment druck temperatur grenzwert schritt seite
    dauert dauer""".split()  # noqa: SIM905 - reads best as words
)
"""Words that stand in any question."""
TROUBLE = frozenset(
    """alarm alarms code error fault failure trouble problem issue message warning machine line help
    happened happening fix repair solve wrong stopped procedure steps instructions sop fehler
    fehlercode störung meldung warnung maschine linie hilfe passiert beheben reparieren tun
    machen mache tue los kaputt anleitung schritte""".split()  # noqa: SIM905 - reads best as words
)
"""Words that say that something is wrong, and not what."""


def own_words(question: str) -> list[str]:
    """Those that say what the question is about."""
    return [word for word in _WORD.findall(question.casefold()) if word not in ASKING]


def is_bare(question: str) -> bool:
    """Whether it asks for help and says nothing of what with."""
    return all(word in TROUBLE for word in own_words(question))
