"""Messages that are one value: a number, a switch, a word of the route, or a text as it is."""

from __future__ import annotations

from ingest.codec_values import scalar_of, text_of, utf8
from ingest.errors import DataFault
from ingest.messages import Message, Place, Stamp
from ingest.routes import filled
from ingest.vocabulary import Reading, Value


def decode_scalar(message: Message, place: Place) -> Reading:
    """The one reading, of the time of receipt."""
    stamp = Stamp(
        place.known_machine().id, message.received_time, message.received_time, place.source
    )
    signal = filled(place.route.signal or "{signal}", place.parts)
    try:
        unit = place.unit(signal)
    except DataFault as fault:
        raise DataFault(f"signal of topic: {fault.message}") from None
    return stamp.reading(signal, _value(utf8(message.payload).strip(), place), unit)


def _value(text: str, place: Place) -> Value:
    route = place.route
    if route.codec == "text":
        return text_of(text, "payload")
    words = dict(route.words)
    return words[text] if text in words else scalar_of(text)
