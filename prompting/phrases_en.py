"""The English sentences of the deterministic writer, with slots."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "span.moment": "at {e.start} for {e.duration}",
    "span.instant": "at {e.start}",
    "span.short": "from {e.start} to {e.end} ({e.duration})",
    "span.long": "from {e.start} to {e.end}",
    "side.up": "above its high limit of {e.limit}",
    "side.down": "below its low limit of {e.limit}",
    "extreme.up": "; peak {e.peak}",
    "extreme.down": "; lowest {e.peak}",
    "critical": ", beyond the critical limit of {e.critical_limit}",
    "quote": ": {e.quote}",
    "said": ", {e.quote}",
    "times.two": "twice",
    "times.many": "{e.count} times",
    "usual": "usually {e.usual}",
    "share": "{e.share} of all alarms",
    "moved.one": "; {e.others} moved with it",
    "moved.many": "; {e.others} moved with it",
    "moved.silent": "; {e.others} fell silent with it",
    "limit.active": "{e.signal} has been {side} since {e.start}{extreme}{critical}{moved}.",
    "limit.active.lead": (
        "{e.signal} left its usual {e.baseline} at {e.start} and is now {side}"
        "{extreme}{critical}{moved}."
    ),
    "limit.active.bursts": (
        "{e.signal} has been {side} {times} since {e.start}{extreme}{critical}{moved}."
    ),
    "limit.over": "{e.signal} was {side} {span}{extreme}{critical}{moved}.",
    "limit.over.lead": (
        "{e.signal} left its usual {e.baseline} at {e.start} and was {side} for {e.duration}"
        "{extreme}{critical}{moved}."
    ),
    "limit.over.bursts": (
        "{e.signal} was {side} {times} {span}, for {e.duration} in all{extreme}{critical}{moved}."
    ),
    "step.up.active": (
        "{e.signal} stepped up at {e.start}, from {e.baseline} to {e.level}, and stays there"
        "{moved}."
    ),
    "step.up.over": "{e.signal} was up {span}: {e.level} instead of the usual {e.baseline}{moved}.",
    "step.down.active": (
        "{e.signal} stepped down at {e.start}, from {e.baseline} to {e.level}, and stays there"
        "{moved}."
    ),
    "step.down.over": (
        "{e.signal} was down {span}: {e.level} instead of the usual {e.baseline}{moved}."
    ),
    "drift.up.active": (
        "{e.signal} has drifted up since {e.start}, from {e.baseline} to {e.level}{moved}."
    ),
    "drift.up.over": "{e.signal} drifted up {span}, from {e.baseline} to {e.level}{moved}.",
    "drift.down.active": (
        "{e.signal} has drifted down since {e.start}, from {e.baseline} to {e.level}{moved}."
    ),
    "drift.down.over": "{e.signal} drifted down {span}, from {e.baseline} to {e.level}{moved}.",
    "spike.one": "{e.signal} spiked to {e.peak} at {e.start}; level {e.level} around it{moved}.",
    "spike.many.active": (
        "{e.signal} has spiked {e.count} times since {e.start}, at the furthest to {e.peak}{moved}."
    ),
    "spike.many.over": (
        "{e.signal} had {e.count} spikes {span}, at the furthest to {e.peak}{moved}."
    ),
    "stuck.active": "{e.signal} has stood still at {e.level} since {e.start}{moved}.",
    "stuck.over": "{e.signal} stood still at {e.level} {span}{moved}.",
    "noise.active": (
        "{e.signal} has been {e.ratio} times as noisy as usual since {e.start}{moved}."
    ),
    "noise.over": "{e.signal} was {e.ratio} times as noisy as usual {span}{moved}.",
    "oscillation.active": (
        "{e.signal} has been swinging around a level of {e.level} since {e.start}: once every "
        "{e.period}, amplitude {e.amplitude}{moved}."
    ),
    "oscillation.over": (
        "{e.signal} swung around a level of {e.level} {span}: once every {e.period}, amplitude "
        "{e.amplitude}{moved}."
    ),
    "dropout.active": (
        "{e.signal} has sent nothing since {e.start}, for {e.duration} by now{moved}."
    ),
    "dropout.over": "{e.signal} sent nothing {span}{moved}.",
    "gap.active": "{e.machine} has sent nothing at all since {e.start}, for {e.duration} by now.",
    "gap.over": "{e.machine} sent nothing at all {span}.",
    "name.code": "Alarm {e.code}",
    "name.nocode": "An alarm without a code",
    "message.code": "Message {e.code}",
    "message.nocode": "A message without a code",
    "alarm.active": "{name} came at {e.start}{tally} and is still active{quote}.",
    "alarm.active.many": (
        "{name} has come {times}{tally} since {e.start} and is still active{quote}."
    ),
    "alarm.over": "{name} was active {span}{tally}{quote}.",
    "alarm.over.many": "{name} came {times}{tally} {span} and is over{quote}.",
    "alarm.over.cleared": "{name} was cleared at {e.end}{quote}.",
    "alarm.active.cleared": "{name} is still active{quote}.",
    "chattering.active": (
        "{name} has been chattering since {e.start}: it came {times}{tally}, up to "
        "{e.peak_rate} times in a minute{quote}."
    ),
    "chattering.over": (
        "{name} chattered {span}: it came {times}{tally}, up to {e.peak_rate} times in a "
        "minute{quote}."
    ),
    "standing.active": "{name} has been standing since {e.start}, for {e.duration}{quote}.",
    "standing.over": "{name} stood {span}{quote}.",
    "flood.active": "An alarm flood has been running since {e.start}: {e.count} alarms by now.",
    "flood.over": "An alarm flood brought {e.count} alarms {span}.",
    "first_out.pair": (
        "{name} came first, at {e.start}{quote}; {e.followers} followed within {e.duration}."
    ),
    "first_out.chain": (
        "{name} came first, at {e.start}{quote}; {e.followers} followed within {e.duration}."
    ),
    "first_out.many": (
        "{name} came first, at {e.start}{quote}; {e.count} alarms followed within {e.duration}, "
        "first {e.followers}."
    ),
    "first_out.alone": "{name} came first, at {e.start}{quote}.",
    "with.one.active": "Alarm {e.code} came with it at {e.start} and is still active{quote}.",
    "with.one.over": "Alarm {e.code} came with it {span} and is over{quote}.",
    "with.many.active": "With it came alarms {list}; they are still active.",
    "with.many.over": "With it came alarms {list}; they are over.",
    "with.item": "{e.code} ({e.start}{said})",
    "note": "Noted at {e.start}{quote}.",
    "notes": "Noted {list}.",
    "notes.item": "at {e.start}{quote}",
    "notes.item.named": "on {e.machine} at {e.start}{quote}",
    "messages": "Messages came in: {list}.",
    "messages.item": "{e.code} ({e.start}{said})",
    "list.and": "and",
    "out.active": "{e.machine} has been {state} since {e.start}, for {e.duration} by now.",
    "out.active.many": (
        "{e.machine} was {state} {times} since {e.start}, for {e.duration} in all, and still is."
    ),
    "out.over": "{e.machine} was {state} {span}.",
    "out.over.many": "{e.machine} was {state} {times} {span}, for {e.duration} in all.",
    "card": "Card {e.code} on {e.machine} has been open since {e.start}{quote}.",
    "instruction": "Instruction {e.code} for {e.machine}, given at {e.start}{quote}.",
    "instruction.card": (
        "Instruction {e.code} for {e.machine}, on card {e.followers}, given at {e.start}{quote}."
    ),
    "state.2": "stopped",
    "state.9": "aborted",
    "state.11": "held",
    "state.other": "out of service",
    "other": "Finding at {e.start}.",
    "details": " ({details})",
    "figure.baseline": "usual {e.baseline}",
    "figure.limit": "limit {e.limit}",
    "figure.change": "change {e.change}",
    "figure.slope": "slope {e.slope}",
    "figure.lead": "lead {e.lead}",
    "figure.duration": "duration {e.duration}",
    "headline": "{e.machine}: {what}",
    "headline.two": "{one}; {other}",
    "headline.with": "{one}, with {other}",
    "head.limit.up.active": "{e.signal} above its high limit",
    "head.limit.up.over": "{e.signal} was above its high limit",
    "head.limit.down.active": "{e.signal} below its low limit",
    "head.limit.down.over": "{e.signal} was below its low limit",
    "head.step.up": "{e.signal} stepped up",
    "head.step.down": "{e.signal} stepped down",
    "head.drift.up": "{e.signal} drifted up",
    "head.drift.down": "{e.signal} drifted down",
    "head.dropout.active": "{e.signal} silent",
    "head.dropout.over": "{e.signal} was silent",
    "head.gap.active": "machine silent",
    "head.gap.over": "machine was silent",
    "head.stuck.active": "{e.signal} stands still",
    "head.stuck.over": "{e.signal} stood still",
    "head.noise.active": "{e.signal} noisy",
    "head.noise.over": "{e.signal} was noisy",
    "head.oscillation.active": "{e.signal} swinging",
    "head.oscillation.over": "{e.signal} swung",
    "head.spike": "{e.signal} with spikes",
    "head.alarm": "alarm {e.code}",
    "head.alarm.nocode": "alarm without a code",
    "head.message": "message {e.code}",
    "head.message.nocode": "message without a code",
    "head.chattering": "alarm {e.code} chattering",
    "head.chattering.nocode": "alarm chattering",
    "head.first_out": "trip chain from alarm {e.code}",
    "head.first_out.nocode": "trip chain",
    "head.flood": "alarm flood",
    "head.note": "a note was left",
    "head.out.active": "out of service",
    "head.out.over": "was out of service",
    "head.card": "card {e.code} open",
    "head.instruction": "an instruction to follow",
    "head.other": "a finding",
    "quiet.headline": "{scope}: nothing out of the ordinary",
    "quiet": "No limit was crossed, no level moved, no signal fell silent and no alarm came in.",
    "quiet.watched": "Nothing stands out: {signals}, {events}, no gap.",
    "silent.headline": "{scope}: no data",
    "silent": "No signal was received in this time, so nothing can be said about it.",
    "closing": "Not told here: {list}.",
    "count.finding.one": "{n} less urgent finding",
    "count.finding.many": "{n} less urgent findings",
    "count.note.one": "{n} note",
    "count.note.many": "{n} notes",
    "count.message.one": "{n} message",
    "count.message.many": "{n} messages",
    "count.signal.one": "{n} signal was watched",
    "count.signal.many": "{n} signals were watched",
    "count.event.none": "no message came in",
    "count.event.one": "{n} message came in",
    "count.event.many": "{n} messages came in",
    "section.exceptions": "Exceptions",
    "section.standing": "Standing alarms",
    "section.out_of_service": "Out of service",
    "section.open_cards": "Open cards",
    "section.instructions": "Instructions",
    "none.exceptions": "Nothing out of the ordinary.",
    "none.standing": "No alarm is standing.",
    "none.out_of_service": "No stop was recorded.",
    "none.open_cards": "No card is open.",
    "none.instructions": "No instruction is in force.",
}
