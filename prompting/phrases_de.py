"""The German sentences of the deterministic writer, with slots."""

from __future__ import annotations

from collections.abc import Mapping

GERMAN: Mapping[str, str] = {
    "span.moment": "um {e.start} Uhr {e.duration} lang",
    "span.instant": "um {e.start} Uhr",
    "span.short": "von {e.start} bis {e.end} Uhr ({e.duration})",
    "span.long": "von {e.start} bis {e.end} Uhr",
    "side.up": "über dem oberen Grenzwert von {e.limit}",
    "side.down": "unter dem unteren Grenzwert von {e.limit}",
    "extreme.up": "; Spitzenwert {e.peak}",
    "extreme.down": "; tiefster Wert {e.peak}",
    "critical": ", jenseits des kritischen Grenzwerts von {e.critical_limit}",
    "quote": ": {e.quote}",
    "said": ", {e.quote}",
    "times.two": "zweimal",
    "times.many": "{e.count}-mal",
    "usual": "sonst {e.usual}",
    "share": "{e.share} aller Meldungen",
    "moved.one": "; {e.others} veränderte sich mit",
    "moved.many": "; {e.others} veränderten sich mit",
    "moved.silent": "; ebenso fehlt {e.others}",
    "limit.active": "{e.signal} liegt seit {e.start} Uhr {side}{extreme}{critical}{moved}.",
    "limit.active.lead": (
        "{e.signal} hat um {e.start} Uhr den üblichen Wert von {e.baseline} verlassen und liegt "
        "jetzt {side}{extreme}{critical}{moved}."
    ),
    "limit.active.bursts": (
        "{e.signal} lag seit {e.start} Uhr {times} {side}{extreme}{critical}{moved}."
    ),
    "limit.over": "{e.signal} lag {span} {side}{extreme}{critical}{moved}.",
    "limit.over.lead": (
        "{e.signal} hat um {e.start} Uhr den üblichen Wert von {e.baseline} verlassen und lag "
        "{e.duration} lang {side}{extreme}{critical}{moved}."
    ),
    "limit.over.bursts": (
        "{e.signal} lag {span} {times} {side}, insgesamt {e.duration} lang"
        "{extreme}{critical}{moved}."
    ),
    "step.up.active": (
        "{e.signal} ist um {e.start} Uhr von {e.baseline} auf {e.level} gestiegen und bleibt dort"
        "{moved}."
    ),
    "step.up.over": "{e.signal} war {span} erhöht: {e.level} statt üblich {e.baseline}{moved}.",
    "step.down.active": (
        "{e.signal} ist um {e.start} Uhr von {e.baseline} auf {e.level} gefallen und bleibt dort"
        "{moved}."
    ),
    "step.down.over": (
        "{e.signal} war {span} zu niedrig: {e.level} statt üblich {e.baseline}{moved}."
    ),
    "drift.up.active": (
        "{e.signal} steigt seit {e.start} Uhr langsam, von {e.baseline} auf {e.level}{moved}."
    ),
    "drift.up.over": ("{e.signal} stieg {span} langsam, von {e.baseline} auf {e.level}{moved}."),
    "drift.down.active": (
        "{e.signal} fällt seit {e.start} Uhr langsam, von {e.baseline} auf {e.level}{moved}."
    ),
    "drift.down.over": ("{e.signal} fiel {span} langsam, von {e.baseline} auf {e.level}{moved}."),
    "spike.one": (
        "{e.signal} sprang um {e.start} Uhr kurz auf {e.peak}; Niveau ringsum {e.level}{moved}."
    ),
    "spike.many.active": (
        "{e.signal} ist seit {e.start} Uhr {e.count}-mal kurz gesprungen, am weitesten auf "
        "{e.peak}{moved}."
    ),
    "spike.many.over": (
        "{e.signal} sprang {span} {e.count}-mal kurz, am weitesten auf {e.peak}{moved}."
    ),
    "stuck.active": "{e.signal} steht seit {e.start} Uhr unverändert auf {e.level}{moved}.",
    "stuck.over": "{e.signal} stand {span} unverändert auf {e.level}{moved}.",
    "noise.active": (
        "{e.signal} rauscht seit {e.start} Uhr {e.ratio}-mal so stark wie sonst{moved}."
    ),
    "noise.over": "{e.signal} rauschte {span} {e.ratio}-mal so stark wie sonst{moved}.",
    "oscillation.active": (
        "{e.signal} schwingt seit {e.start} Uhr um das Niveau {e.level}: alle {e.period}, "
        "Ausschlag {e.amplitude}{moved}."
    ),
    "oscillation.over": (
        "{e.signal} schwang {span} um das Niveau {e.level}: alle {e.period}, Ausschlag "
        "{e.amplitude}{moved}."
    ),
    "dropout.active": (
        "{e.signal} sendet seit {e.start} Uhr nichts mehr, inzwischen {e.duration} lang{moved}."
    ),
    "dropout.over": "{e.signal} hat {span} nichts gesendet{moved}.",
    "gap.active": (
        "{e.machine} sendet seit {e.start} Uhr gar nichts mehr, inzwischen {e.duration} lang."
    ),
    "gap.over": "{e.machine} hat {span} gar nichts gesendet.",
    "name.code": "Meldung {e.code}",
    "name.nocode": "Eine Meldung ohne Code",
    "message.code": "Hinweis {e.code}",
    "message.nocode": "Ein Hinweis ohne Code",
    "alarm.active": "{name} kam um {e.start} Uhr und steht noch an{tally}{quote}.",
    "alarm.active.many": ("{name} kam seit {e.start} Uhr {times}{tally} und steht noch an{quote}."),
    "alarm.over": "{name} stand {span} an{tally}{quote}.",
    "alarm.over.many": "{name} kam {span} {times}{tally} und ist vorbei{quote}.",
    "alarm.over.cleared": "{name} endete um {e.end} Uhr{quote}.",
    "alarm.active.cleared": "{name} steht noch an{quote}.",
    "chattering.active": (
        "{name} flattert seit {e.start} Uhr: {times} gekommen{tally}, bis zu {e.peak_rate}-mal in "
        "einer Minute{quote}."
    ),
    "chattering.over": (
        "{name} flatterte {span}: {times} gekommen{tally}, bis zu {e.peak_rate}-mal in einer "
        "Minute{quote}."
    ),
    "standing.active": "{name} steht seit {e.start} Uhr an, {e.duration} lang{quote}.",
    "standing.over": "{name} stand {span} an{quote}.",
    "flood.active": "Seit {e.start} Uhr läuft eine Meldungsflut: {e.count} Meldungen bisher.",
    "flood.over": "Eine Meldungsflut brachte {span} {e.count} Meldungen.",
    "first_out.pair": (
        "{name} kam zuerst, um {e.start} Uhr{quote}; binnen {e.duration} folgte {e.followers}."
    ),
    "first_out.chain": (
        "{name} kam zuerst, um {e.start} Uhr{quote}; binnen {e.duration} folgten {e.followers}."
    ),
    "first_out.many": (
        "{name} kam zuerst, um {e.start} Uhr{quote}; binnen {e.duration} folgten {e.count} "
        "Meldungen, zunächst {e.followers}."
    ),
    "first_out.alone": "{name} kam zuerst, um {e.start} Uhr{quote}.",
    "with.one.active": "Dazu kam um {e.start} Uhr Meldung {e.code}, die noch ansteht{quote}.",
    "with.one.over": "Dazu stand Meldung {e.code} {span} an{quote}.",
    "with.many.active": "Dazu kamen die Meldungen {list}; sie stehen noch an.",
    "with.many.over": "Dazu kamen die Meldungen {list}; sie sind vorbei.",
    "with.item": "{e.code} ({e.start} Uhr{said})",
    "note": "Notiert um {e.start} Uhr{quote}.",
    "notes": "Notiert {list}.",
    "notes.item": "um {e.start} Uhr{quote}",
    "notes.item.named": "an {e.machine} um {e.start} Uhr{quote}",
    "messages": "An Hinweisen kam {list}.",
    "messages.item": "{e.code} ({e.start} Uhr{said})",
    "list.and": "und",
    "out.active": "{e.machine} ist seit {e.start} Uhr {state}, inzwischen {e.duration} lang.",
    "out.active.many": (
        "{e.machine} war seit {e.start} Uhr {times} {state}, insgesamt {e.duration} lang, und "
        "ist es noch."
    ),
    "out.over": "{e.machine} war {span} {state}.",
    "out.over.many": "{e.machine} war {span} {times} {state}, insgesamt {e.duration} lang.",
    "card": "Karte {e.code} zu {e.machine} ist seit {e.start} Uhr offen{quote}.",
    "instruction": "Anweisung {e.code} für {e.machine}, gegeben um {e.start} Uhr{quote}.",
    "instruction.card": (
        "Anweisung {e.code} für {e.machine} zur Karte {e.followers}, gegeben um {e.start} Uhr"
        "{quote}."
    ),
    "state.2": "gestoppt",
    "state.9": "abgebrochen",
    "state.11": "angehalten",
    "state.other": "außer Betrieb",
    "other": "Befund um {e.start} Uhr.",
    "details": " ({details})",
    "figure.baseline": "üblich {e.baseline}",
    "figure.limit": "Grenzwert {e.limit}",
    "figure.change": "Änderung {e.change}",
    "figure.slope": "Steigung {e.slope}",
    "figure.lead": "Vorlauf {e.lead}",
    "figure.duration": "Dauer {e.duration}",
    "headline": "{e.machine}: {what}",
    "headline.two": "{one}; {other}",
    "headline.with": "{one}, mit {other}",
    "head.limit.up.active": "{e.signal} über dem oberen Grenzwert",
    "head.limit.up.over": "{e.signal} lag über dem oberen Grenzwert",
    "head.limit.down.active": "{e.signal} unter dem unteren Grenzwert",
    "head.limit.down.over": "{e.signal} lag unter dem unteren Grenzwert",
    "head.step.up": "{e.signal} sprunghaft gestiegen",
    "head.step.down": "{e.signal} sprunghaft gefallen",
    "head.drift.up": "{e.signal} langsam gestiegen",
    "head.drift.down": "{e.signal} langsam gefallen",
    "head.dropout.active": "{e.signal} sendet nichts",
    "head.dropout.over": "{e.signal} hat zeitweise nichts gesendet",
    "head.gap.active": "Maschine sendet nichts",
    "head.gap.over": "Maschine hat zeitweise nichts gesendet",
    "head.stuck.active": "{e.signal} steht unverändert",
    "head.stuck.over": "{e.signal} stand unverändert",
    "head.noise.active": "{e.signal} rauscht",
    "head.noise.over": "{e.signal} hat gerauscht",
    "head.oscillation.active": "{e.signal} schwingt",
    "head.oscillation.over": "{e.signal} schwang",
    "head.spike": "{e.signal} mit kurzen Ausschlägen",
    "head.alarm": "Meldung {e.code}",
    "head.alarm.nocode": "Meldung ohne Code",
    "head.message": "Hinweis {e.code}",
    "head.message.nocode": "Hinweis ohne Code",
    "head.chattering": "Meldung {e.code} flattert",
    "head.chattering.nocode": "Meldung flattert",
    "head.first_out": "Meldungskette ab {e.code}",
    "head.first_out.nocode": "Meldungskette",
    "head.flood": "Meldungsflut",
    "head.note": "eine Notiz liegt vor",
    "head.out.active": "außer Betrieb",
    "head.out.over": "war außer Betrieb",
    "head.card": "Karte {e.code} offen",
    "head.instruction": "eine Anweisung ist zu beachten",
    "head.other": "ein Befund",
    "quiet.headline": "{scope}: nichts Auffälliges",
    "quiet": (
        "Kein Grenzwert wurde verletzt, kein Niveau hat sich verschoben, kein Signal fehlt "
        "und keine Meldung kam."
    ),
    "quiet.watched": "Nichts Auffälliges: {signals}, {events}, keine Lücke.",
    "silent.headline": "{scope}: keine Daten",
    "silent": (
        "In dieser Zeit kam kein einziges Signal an, daher lässt sich nichts darüber sagen."
    ),
    "closing": "Hier nicht genannt: {list}.",
    "count.finding.one": "{n} weniger dringender Befund",
    "count.finding.many": "{n} weniger dringende Befunde",
    "count.note.one": "{n} Notiz",
    "count.note.many": "{n} Notizen",
    "count.message.one": "{n} Hinweis",
    "count.message.many": "{n} Hinweise",
    "count.signal.one": "{n} Signal beobachtet",
    "count.signal.many": "{n} Signale beobachtet",
    "count.event.none": "keine Meldung gekommen",
    "count.event.one": "{n} Meldung gekommen",
    "count.event.many": "{n} Meldungen gekommen",
    "section.exceptions": "Besonderheiten",
    "section.standing": "Anstehende Meldungen",
    "section.out_of_service": "Außer Betrieb",
    "section.open_cards": "Offene Karten",
    "section.instructions": "Anweisungen",
    "none.exceptions": "Nichts Auffälliges.",
    "none.standing": "Keine Meldung steht an.",
    "none.out_of_service": "Kein Stillstand verzeichnet.",
    "none.open_cards": "Keine Karte ist offen.",
    "none.instructions": "Keine Anweisung in Kraft.",
}
