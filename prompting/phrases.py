"""The sentences of the deterministic writer, with slots, in every language it speaks."""

from __future__ import annotations

from collections.abc import Mapping

Phrases = Mapping[str, str]

ENGLISH: Phrases = {
    "span": "from {e.start} to {e.end}",
    "moment": "at {e.start}",
    "side.up": "above its high limit of {e.limit}",
    "side.down": "below its low limit of {e.limit}",
    "extreme.up": "peak {e.peak}",
    "extreme.down": "lowest {e.peak}",
    "critical": ", beyond the critical limit of {e.critical_limit}",
    "quote": ": {e.quote}",
    "limit.active": "{e.signals} has been {side} since {e.start}; {extreme}{critical}.",
    "limit.active.lead": (
        "{e.signals} left its usual {e.baseline} at {e.start} and is now {side}; "
        "{extreme}{critical}."
    ),
    "limit.active.bursts": (
        "{e.signals} has been {side} {e.count} times since {e.start}; {extreme}{critical}."
    ),
    "limit.over": (
        "{e.signals} was {side} from {e.start} to {e.end}, for {e.duration} in all; "
        "{extreme}{critical}."
    ),
    "limit.over.lead": (
        "{e.signals} left its usual {e.baseline} at {e.start} and was {side} for {e.duration}; "
        "{extreme}{critical}."
    ),
    "limit.over.bursts": (
        "{e.signals} was {side} {e.count} times from {e.start} to {e.end}; {extreme}{critical}."
    ),
    "step.up.active": (
        "{e.signals} stepped up at {e.start}, from {e.baseline} to {e.level}, and stays there."
    ),
    "step.up.over": (
        "{e.signals} was up from {e.start} to {e.end}: usual {e.baseline}, level {e.level}."
    ),
    "step.down.active": (
        "{e.signals} stepped down at {e.start}, from {e.baseline} to {e.level}, and stays there."
    ),
    "step.down.over": (
        "{e.signals} was down from {e.start} to {e.end}: usual {e.baseline}, level {e.level}."
    ),
    "drift.up.active": (
        "{e.signals} has drifted up since {e.start}, from {e.baseline} to {e.level}."
    ),
    "drift.up.over": (
        "{e.signals} drifted up from {e.start} to {e.end}: usual {e.baseline}, level {e.level}."
    ),
    "drift.down.active": (
        "{e.signals} has drifted down since {e.start}, from {e.baseline} to {e.level}."
    ),
    "drift.down.over": (
        "{e.signals} drifted down from {e.start} to {e.end}: usual {e.baseline}, level {e.level}."
    ),
    "spike.one": "{e.signals} spiked to {e.peak} at {e.start}; level {e.level} around it.",
    "spike.many": (
        "{e.signals} spiked {e.count} times from {e.start} to {e.end}, at the furthest to {e.peak}."
    ),
    "stuck.active": "{e.signals} has stood still at {e.level} since {e.start}.",
    "stuck.over": "{e.signals} stood still at {e.level} from {e.start} to {e.end}.",
    "noise.active": "{e.signals} has been {e.ratio} times as noisy as usual since {e.start}.",
    "noise.over": "{e.signals} was {e.ratio} times as noisy as usual from {e.start} to {e.end}.",
    "dropout.active": "{e.signals} has sent nothing since {e.start}, for {e.duration} by now.",
    "dropout.over": "{e.signals} sent nothing for {e.duration}, from {e.start} to {e.end}.",
    "gap.active": "{e.machine} has sent nothing at all since {e.start}, for {e.duration} by now.",
    "gap.over": "{e.machine} sent nothing at all for {e.duration}, from {e.start} to {e.end}.",
    "name.code": "Alarm {e.codes}",
    "name.nocode": "An alarm without a code",
    "message.code": "Message {e.codes}",
    "message.nocode": "A message without a code",
    "alarm.active": "{name} was raised at {e.start} and is still active{quote}.",
    "alarm.active.many": (
        "{name} was raised {e.count} times since {e.start} and is still active{quote}."
    ),
    "alarm.over": "{name} was active from {e.start} to {e.end}{quote}.",
    "alarm.over.many": "{name} was raised {e.count} times from {e.start} to {e.end}{quote}.",
    "alarm.over.cleared": "{name} was cleared at {e.end}{quote}.",
    "chattering.active": (
        "{name} has been chattering since {e.start}: raised {e.count} times, "
        "up to {e.peak_rate} times in a minute{quote}."
    ),
    "chattering.over": (
        "{name} chattered from {e.start} to {e.end}: raised {e.count} times, "
        "up to {e.peak_rate} times in a minute{quote}."
    ),
    "standing.active": "{name} has been standing since {e.start}, for {e.duration}{quote}.",
    "flood.over": "Alarm flood from {e.start} to {e.end}: {e.count} alarms.",
    "oscillation.active": (
        "{e.signals} has been swinging around a level of {e.level} since {e.start}: once every "
        "{e.period}, amplitude {e.amplitude}."
    ),
    "oscillation.over": (
        "{e.signals} swung around a level of {e.level} from {e.start} to {e.end}: once every "
        "{e.period}, amplitude {e.amplitude}."
    ),
    "first_out.over": (
        "Alarm {e.code} came first, at {e.start}{quote}; {e.followers} followed within "
        "{e.duration}."
    ),
    "out.active": "{e.machine} has been {state} since {e.start}, for {e.duration} by now.",
    "out.active.many": (
        "{e.machine} was {state} {e.count} times since {e.start}, for {e.duration} in all, and "
        "still is."
    ),
    "out.over": "{e.machine} was {state} from {e.start} to {e.end}, for {e.duration}.",
    "out.over.many": (
        "{e.machine} was {state} {e.count} times from {e.start} to {e.end}, for {e.duration} in "
        "all."
    ),
    "card.over": "Card {e.code} has been open since {e.start}{quote}.",
    "instruction.over": "Instruction {e.code}, given at {e.start}{quote}.",
    "instruction.card": "Instruction {e.code} on card {e.followers}, given at {e.start}{quote}.",
    "state.2": "stopped",
    "state.5": "suspended",
    "state.9": "aborted",
    "state.11": "held",
    "state.other": "out of service",
    "note.over": "Note at {e.start}{quote}.",
    "other": "Finding at {e.start}.",
    "headline": "{e.machine}: {what}",
    "headline.two": "{one}, {other}",
    "head.limit.up.active": "{e.signals} above its high limit",
    "head.limit.up.over": "{e.signals} was above its high limit",
    "head.limit.down.active": "{e.signals} below its low limit",
    "head.limit.down.over": "{e.signals} was below its low limit",
    "head.step.up": "{e.signals} stepped up",
    "head.step.down": "{e.signals} stepped down",
    "head.drift.up": "{e.signals} drifting up",
    "head.drift.down": "{e.signals} drifting down",
    "head.dropout": "{e.signals} silent",
    "head.gap": "machine silent",
    "head.stuck": "{e.signals} stands still",
    "head.noise": "{e.signals} noisy",
    "head.spike": "{e.signals} with spikes",
    "head.alarm": "alarm {e.codes}",
    "head.alarm.nocode": "alarm without a code",
    "head.chattering": "alarm {e.codes} chattering",
    "head.chattering.nocode": "alarm chattering",
    "head.flood": "alarm flood",
    "head.oscillation": "{e.signals} swinging",
    "head.first_out": "trip chain from {e.code}",
    "head.first_out.nocode": "trip chain",
    "head.out": "out of service",
    "head.card": "card {e.code} open",
    "head.instruction": "an instruction to follow",
    "head.note": "a note was left",
    "head.other": "a finding",
    "quiet.headline": "{scope}: nothing out of the ordinary",
    "quiet": "No limit was crossed, no level moved, no signal fell silent and no alarm came in.",
}

GERMAN: Phrases = {
    "span": "von {e.start} bis {e.end} Uhr",
    "moment": "um {e.start} Uhr",
    "side.up": "über dem oberen Grenzwert von {e.limit}",
    "side.down": "unter dem unteren Grenzwert von {e.limit}",
    "extreme.up": "Spitzenwert {e.peak}",
    "extreme.down": "tiefster Wert {e.peak}",
    "critical": ", jenseits des kritischen Grenzwerts von {e.critical_limit}",
    "quote": ": {e.quote}",
    "limit.active": "{e.signals} liegt seit {e.start} Uhr {side}; {extreme}{critical}.",
    "limit.active.lead": (
        "{e.signals} hat um {e.start} Uhr den üblichen Wert von {e.baseline} verlassen und liegt "
        "jetzt {side}; {extreme}{critical}."
    ),
    "limit.active.bursts": (
        "{e.signals} lag seit {e.start} Uhr {e.count} Mal {side}; {extreme}{critical}."
    ),
    "limit.over": (
        "{e.signals} lag von {e.start} bis {e.end} Uhr {side}, insgesamt {e.duration} lang; "
        "{extreme}{critical}."
    ),
    "limit.over.lead": (
        "{e.signals} hat um {e.start} Uhr den üblichen Wert von {e.baseline} verlassen und lag "
        "{e.duration} lang {side}; {extreme}{critical}."
    ),
    "limit.over.bursts": (
        "{e.signals} lag von {e.start} bis {e.end} Uhr {e.count} Mal {side}; {extreme}{critical}."
    ),
    "step.up.active": (
        "{e.signals} ist um {e.start} Uhr von {e.baseline} auf {e.level} gestiegen und bleibt dort."
    ),
    "step.up.over": (
        "{e.signals} war von {e.start} bis {e.end} Uhr erhöht: üblich {e.baseline}, Niveau "
        "{e.level}."
    ),
    "step.down.active": (
        "{e.signals} ist um {e.start} Uhr von {e.baseline} auf {e.level} gefallen und bleibt dort."
    ),
    "step.down.over": (
        "{e.signals} war von {e.start} bis {e.end} Uhr zu niedrig: üblich {e.baseline}, "
        "Niveau {e.level}."
    ),
    "drift.up.active": (
        "{e.signals} steigt seit {e.start} Uhr langsam, von {e.baseline} auf {e.level}."
    ),
    "drift.up.over": (
        "{e.signals} stieg von {e.start} bis {e.end} Uhr langsam: üblich {e.baseline}, "
        "Niveau {e.level}."
    ),
    "drift.down.active": (
        "{e.signals} fällt seit {e.start} Uhr langsam, von {e.baseline} auf {e.level}."
    ),
    "drift.down.over": (
        "{e.signals} fiel von {e.start} bis {e.end} Uhr langsam: üblich {e.baseline}, "
        "Niveau {e.level}."
    ),
    "spike.one": "{e.signals} sprang um {e.start} Uhr kurz auf {e.peak}; Niveau ringsum {e.level}.",
    "spike.many": (
        "{e.signals} sprang von {e.start} bis {e.end} Uhr {e.count} Mal kurz, am weitesten "
        "auf {e.peak}."
    ),
    "stuck.active": "{e.signals} steht seit {e.start} Uhr unverändert auf {e.level}.",
    "stuck.over": "{e.signals} stand von {e.start} bis {e.end} Uhr unverändert auf {e.level}.",
    "noise.active": "{e.signals} rauscht seit {e.start} Uhr {e.ratio} Mal so stark wie sonst.",
    "noise.over": (
        "{e.signals} rauschte von {e.start} bis {e.end} Uhr {e.ratio} Mal so stark wie sonst."
    ),
    "dropout.active": (
        "{e.signals} sendet seit {e.start} Uhr nichts mehr, inzwischen {e.duration} lang."
    ),
    "dropout.over": (
        "{e.signals} hat von {e.start} bis {e.end} Uhr nichts gesendet, {e.duration} lang."
    ),
    "gap.active": (
        "{e.machine} sendet seit {e.start} Uhr gar nichts mehr, inzwischen {e.duration} lang."
    ),
    "gap.over": (
        "{e.machine} hat von {e.start} bis {e.end} Uhr gar nichts gesendet, {e.duration} lang."
    ),
    "name.code": "Meldung {e.codes}",
    "name.nocode": "Eine Meldung ohne Code",
    "message.code": "Hinweis {e.codes}",
    "message.nocode": "Ein Hinweis ohne Code",
    "alarm.active": "{name} kam um {e.start} Uhr und steht noch an{quote}.",
    "alarm.active.many": "{name} kam seit {e.start} Uhr {e.count} Mal und steht noch an{quote}.",
    "alarm.over": "{name} stand von {e.start} bis {e.end} Uhr an{quote}.",
    "alarm.over.many": "{name} kam von {e.start} bis {e.end} Uhr {e.count} Mal{quote}.",
    "alarm.over.cleared": "{name} ging um {e.end} Uhr{quote}.",
    "chattering.active": (
        "{name} flattert seit {e.start} Uhr: {e.count} Mal gekommen, "
        "bis zu {e.peak_rate} Mal in einer Minute{quote}."
    ),
    "chattering.over": (
        "{name} flatterte von {e.start} bis {e.end} Uhr: {e.count} Mal gekommen, "
        "bis zu {e.peak_rate} Mal in einer Minute{quote}."
    ),
    "standing.active": "{name} steht seit {e.start} Uhr an, {e.duration} lang{quote}.",
    "flood.over": "Meldungsflut von {e.start} bis {e.end} Uhr: {e.count} Meldungen.",
    "oscillation.active": (
        "{e.signals} schwingt seit {e.start} Uhr um das Niveau {e.level}: alle {e.period}, "
        "Ausschlag {e.amplitude}."
    ),
    "oscillation.over": (
        "{e.signals} schwang von {e.start} bis {e.end} Uhr um das Niveau {e.level}: alle "
        "{e.period}, Ausschlag {e.amplitude}."
    ),
    "first_out.over": (
        "Als Erste kam um {e.start} Uhr Meldung {e.code}{quote}; binnen {e.duration} folgte "
        "{e.followers}."
    ),
    "out.active": "{e.machine} ist seit {e.start} Uhr {state}, inzwischen {e.duration} lang.",
    "out.active.many": (
        "{e.machine} war seit {e.start} Uhr {e.count} Mal {state}, insgesamt {e.duration} lang, "
        "und ist es noch."
    ),
    "out.over": "{e.machine} war von {e.start} bis {e.end} Uhr {state}, {e.duration} lang.",
    "out.over.many": (
        "{e.machine} war von {e.start} bis {e.end} Uhr {e.count} Mal {state}, insgesamt "
        "{e.duration} lang."
    ),
    "card.over": "Karte {e.code} ist seit {e.start} Uhr offen{quote}.",
    "instruction.over": "Anweisung {e.code}, gegeben um {e.start} Uhr{quote}.",
    "instruction.card": (
        "Anweisung {e.code} zur Karte {e.followers}, gegeben um {e.start} Uhr{quote}."
    ),
    "state.2": "gestoppt",
    "state.5": "unterbrochen",
    "state.9": "abgebrochen",
    "state.11": "angehalten",
    "state.other": "außer Betrieb",
    "note.over": "Notiz um {e.start} Uhr{quote}.",
    "other": "Befund um {e.start} Uhr.",
    "headline": "{e.machine}: {what}",
    "headline.two": "{one}, {other}",
    "head.limit.up.active": "{e.signals} über dem oberen Grenzwert",
    "head.limit.up.over": "{e.signals} lag über dem oberen Grenzwert",
    "head.limit.down.active": "{e.signals} unter dem unteren Grenzwert",
    "head.limit.down.over": "{e.signals} lag unter dem unteren Grenzwert",
    "head.step.up": "{e.signals} sprunghaft gestiegen",
    "head.step.down": "{e.signals} sprunghaft gefallen",
    "head.drift.up": "{e.signals} steigt langsam",
    "head.drift.down": "{e.signals} fällt langsam",
    "head.dropout": "{e.signals} sendet nichts",
    "head.gap": "Maschine sendet nichts",
    "head.stuck": "{e.signals} steht unverändert",
    "head.noise": "{e.signals} rauscht",
    "head.spike": "{e.signals} mit kurzen Ausschlägen",
    "head.alarm": "Meldung {e.codes}",
    "head.alarm.nocode": "Meldung ohne Code",
    "head.chattering": "Meldung {e.codes} flattert",
    "head.chattering.nocode": "Meldung flattert",
    "head.flood": "Meldungsflut",
    "head.oscillation": "{e.signals} schwingt",
    "head.first_out": "Folgeabschaltung ab {e.code}",
    "head.first_out.nocode": "Folgeabschaltung",
    "head.out": "außer Betrieb",
    "head.card": "Karte {e.code} offen",
    "head.instruction": "eine Anweisung ist zu beachten",
    "head.note": "eine Notiz liegt vor",
    "head.other": "ein Befund",
    "quiet.headline": "{scope}: nichts Auffälliges",
    "quiet": (
        "Kein Grenzwert wurde verletzt, kein Niveau hat sich verschoben, kein Signal fehlt "
        "und keine Meldung kam."
    ),
}

PHRASES: Mapping[str, Phrases] = {"en": ENGLISH, "de": GERMAN}
