"""The words of vendors' register lists, and what each of them is taken to mean.

`docs/registers.md` shows these tables to the people who import such lists. Headers and cells are
compared by `plain`: in lower case, without accents and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping


def plain(text: str) -> str:
    """Lower case, letters and digits of ASCII with single spaces between the words."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


def _listed(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(","))


def _turned(meanings: Mapping[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in meanings.items() for word in _listed(words)}


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "signal": _listed(
        "signal, name, tag, tag name, signal name, variable, variable name, register name, "
        "parameter, parameter name, data point, point name, measurement, "
        "bezeichnung, benennung, messwert, datenpunkt, signalname, parametername"
    ),
    "address": _listed(
        "address, modbus address, register address, register, modbus register, addr, reg, "
        "start address, starting address, start, register number, register no, reg no, "
        "adresse, modbus adresse, modbusadresse, registeradresse, startadresse, "
        "registernummer, register nr"
    ),
    "table": _listed(
        "table, register type, modbus type, object type, memory area, area, "
        "registertyp, tabelle, bereich"
    ),
    "function": _listed(
        "function, function code, modbus function, modbus function code, read function, fc, "
        "funktion, funktionscode"
    ),
    "bit": _listed("bit, bits, bit no, bit number, bit position, bit nr"),
    "type": _listed("type, data type, datatype, format, data format, datentyp, typ"),
    "length": _listed(
        "length, size, words, registers, count, quantity, number of registers, "
        "no of registers, register count, len, lange, anzahl, anzahl register"
    ),
    "word_swap": _listed("word swap, words swapped, swap words, swap, worttausch"),
    "byte_swap": _listed("byte swap, bytes swapped, swap bytes, bytetausch"),
    "order": _listed(
        "order, word order, byte order, word byte order, endian, endianness, "
        "wortreihenfolge, bytereihenfolge"
    ),
    "scale": _listed(
        "scale, multiplier, gain, factor, scaling, scale factor, scaling factor, resolution, "
        "coefficient, faktor, skalierung, skalierungsfaktor, auflosung"
    ),
    "divisor": _listed("divisor, divider, divide by, teiler"),
    "offset": _listed("offset, value offset, nullpunkt"),
    "nan": _listed("nan, invalid, invalid value, null value, not available, ungultig"),
    "enum": _listed("enum, enumeration, states, values, value table, zustande, werte"),
    "unit": _listed("unit, units, engineering unit, eng unit, uom, einheit, einheiten"),
    "access": _listed(
        "access, r w, rw, read write, access type, permission, attribute, mode, "
        "zugriff, zugriffsart, lesen schreiben"
    ),
    "description": _listed(
        "description, comment, comments, remark, remarks, note, notes, meaning, "
        "beschreibung, bemerkung, bemerkungen, kommentar, bedeutung"
    ),
}
"""What a column is for, and the headers that are taken for it."""

TYPES: Mapping[str, str] = _turned(
    {
        "uint16": "uint16, u16, ui16, uint16t, unsigned16, unsignedint16, unsigned16bit, "
        "16bituint, 16bitunsigned, 16bitunsignedint, unsigned16bitint, unsignedint16bit, ushort, "
        "unsignedshort, word, bitfield16, bitmap16, enum16",
        "int16": "int16, i16, s16, si16, int16t, sint16, signed16, signedint16, signed16bit, "
        "16bitint, 16bitsigned, 16bitsignedint, signed16bitint, signedint16bit, short, signedshort",
        "uint32": "uint32, u32, ui32, uint32t, unsigned32, unsignedint32, unsigned32bit, "
        "32bituint, 32bitunsigned, 32bitunsignedint, unsigned32bitint, unsignedint32bit, ulong, "
        "unsignedlong, udint, dword, bitfield32, bitmap32, enum32, acc32",
        "int32": "int32, i32, s32, si32, int32t, sint32, signed32, signedint32, signed32bit, "
        "32bitint, 32bitsigned, 32bitsignedint, signed32bitint, signedint32bit, long, signedlong, "
        "dint",
        "uint64": "uint64, u64, ui64, uint64t, unsigned64, unsignedint64, unsigned64bit, ulint, "
        "lword, acc64",
        "int64": "int64, i64, s64, si64, int64t, sint64, signed64, signedint64, signed64bit, lint",
        "float16": "float16, f16, half",
        "float32": "float32, f32, fp32, float32bit, 32bitfloat, single, real, real32",
        "float64": "float64, f64, fp64, float64bit, 64bitfloat, double, lreal, real64",
        "bcd16": "bcd16",
        "bcd32": "bcd32",
        "bool": "bool, boolean, bit, digital, binary",
        "string": "string, str, ascii, char, text",
    }
)
"""Names of types that say the width, without blanks and with `int` for `integer`."""

FAMILIES: Mapping[str, str] = _turned(
    {
        "uint": "uint, unsigned, unsignedint, bitfield, bitmap, enum",
        "int": "int, signed, sint, signedint",
        "float": "float, floatingpoint, ieee754, floatieee754, ieee754float",
        "bcd": "bcd",
    }
)
"""Names that leave the width to the length column."""

WIDTHS: Mapping[str, Mapping[int, str]] = {
    "uint": {1: "uint16", 2: "uint32", 4: "uint64"},
    "int": {1: "int16", 2: "int32", 4: "int64"},
    "float": {2: "float32", 4: "float64", 1: "float16"},
    "bcd": {1: "bcd16", 2: "bcd32"},
}
"""The types of a family by their length in registers; the first where no length is stated."""

TABLES: Mapping[str, str] = _turned(
    {
        "holding": "holding, holding register, holding registers, hr, 4x, 4xxxx, 4xxxxx, "
        "halteregister",
        "input": "input, input register, input registers, ir, 3x, 3xxxx, 3xxxxx, eingangsregister",
        "coil": "coil, coils, 0x, 0xxxx, 0xxxxx",
        "discrete": "discrete, discrete input, discrete inputs, input status, 1x, 1xxxx, 1xxxxx",
    }
)
FUNCTIONS = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
"""The function codes that read."""

ORDERS: Mapping[str, str] = _turned(
    {
        "ABCD": "abcd, 1234, big endian, big, be, msb first, msw first, high word first",
        "CDAB": "cdab, 3412, word swap, word swapped, swapped, lsw first, low word first",
        "BADC": "badc, 2143, byte swap, byte swapped",
        "DCBA": "dcba, 4321, byte and word swap, word and byte swap",
    }
)
"""`little endian` alone is in no line: some vendors mean CDAB by it, others DCBA."""

SWAPS = {(False, False): "ABCD", (True, False): "CDAB", (False, True): "BADC", (True, True): "DCBA"}
"""Words turned and bytes turned to the order."""

YES = _listed("yes, y, true, 1, x, on, ja, swap, swapped")
NO = _listed("no, n, false, 0, off, nein, none")

READABLE = _listed("r, ro, read, read only, rw, r w, w r, wr, read write, l, l s, lesen")
WRITE_ONLY = _listed("w, wo, write, write only, s, schreiben, nur schreiben")
RESERVED = _listed(
    "reserved, reserve, spare, unused, not used, dummy, pad, padding, reserviert, frei, unbenutzt"
)
NOTHING = ("", "-", "--", "---", "n/a", "\u2013", "\u2014")
"""Cells that say nothing, as they stand."""
