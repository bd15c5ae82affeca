"""A plant description is right, or every fault of it is named with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import NotKnown, PlantFault, SettingsFault
from ingest.plant import Plant, load_plant
from ingest.plant_file import schema
from ingest.registers import RegisterTable
from ingest.words import RegisterType, WordOrder

REGISTERS = """\
signal,table,address,type,order,scale,offset,unit,description,high
state,holding,0,uint16,,,,,PackML state number,
oil_temp,input,10,int16,ABCD,0.1,0,degC,Oil temperature,65
# a comment of the vendor
system_pressure,input,12,float32,CDAB,,,bar,Pressure,

"""

PLANT = """\
[plant]
name = "Test plant"
timezone = "Europe/Berlin"

[mqtt]
url = "mqtt://127.0.0.1:1883"
share = "andon"

[[mqtt.routes]]
topic = "andon/{line}/{machine}/telemetry"
time = "/ts"
sequence = "/seq"

[[mqtt.routes]]
topic = "andon/{line}/{machine}/events"
kind = "events"
time = "/ts"

[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"

[machines.modbus]
url = "tcp://127.0.0.1:5020"
unit = 1
period_s = 1
registers = "press.csv"

[[machines.signals]]
id = "oil_temp"
low = 15.0
high = 60.0

[[machines.signals]]
id = "vibration_rms"
unit = "mm/s"
high = 4.5

[[machines]]
id = "mill-1"
line = "line-1"
kind = "cnc-mill"
"""


OTHER_LINES = {
    "needs the part {signal}": -2,  # the topic's line, not the codec's
    "key 'id' is missing": -1,  # the head of its table
    "low = 15 is above high = 6": -3,
}
"""How far above the changed line a fault of several lines is reported."""


def plant_in(folder: Path, text: str = PLANT, registers: str = REGISTERS) -> Plant:
    (folder / "press.csv").write_text(registers)
    (folder / "plant.toml").write_text(text)
    return load_plant(folder / "plant.toml")


def faults_in(folder: Path, text: str = PLANT, registers: str = REGISTERS) -> list[str]:
    with pytest.raises(PlantFault) as caught:
        plant_in(folder, text, registers)
    return [
        f"{defect.path.name}:{defect.line}: {defect.message}" for defect in caught.value.defects
    ]


def line_of(text: str, needle: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if needle in line)


def test_a_right_description_is_read_whole(tmp_path: Path) -> None:
    """Machines, signals of both files, routes and the controller."""
    plant = plant_in(tmp_path)
    press = plant.machine("press-3")
    assert (plant.name, plant.timezone) == ("Test plant", "Europe/Berlin")
    assert (plant.mqtt.host, plant.mqtt.port, plant.mqtt.tls) == ("127.0.0.1", 1883, False)
    assert [route.filter for route in plant.mqtt.routes] == [
        "andon/+/+/telemetry",
        "andon/+/+/events",
    ]
    assert list(press.signals) == ["state", "oil_temp", "system_pressure", "vibration_rms"]
    assert press.modbus is not None
    pressure = press.modbus.registers[2]
    assert (pressure.table, pressure.address) == (RegisterTable.INPUT, 12)
    assert (pressure.type, pressure.order) == (RegisterType.FLOAT32, WordOrder.CDAB)
    assert (pressure.scale, pressure.offset, pressure.line) == (1.0, 0.0, 5)
    assert plant.machine("mill-1").modbus is None


def test_the_plant_file_wins_over_the_register_file(tmp_path: Path) -> None:
    """Limits stated in both are those of the plant; the unit comes from where it is stated."""
    oil = plant_in(tmp_path).machine("press-3").signals["oil_temp"]
    assert (oil.unit, oil.low, oil.high) == ("degC", 15.0, 60.0)


def test_an_unknown_machine_is_not_known(tmp_path: Path) -> None:
    """The answer names those that are."""
    with pytest.raises(NotKnown, match=r"press-9.*press-3, mill-1"):
        plant_in(tmp_path).machine("press-9")


def test_a_plant_without_a_broker_is_a_plant(tmp_path: Path) -> None:
    """Modbus alone is enough."""
    text = PLANT[: PLANT.index("[mqtt]")] + PLANT[PLANT.index("[[machines]]") :]
    assert plant_in(tmp_path, text).mqtt.url == ""


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('timezone = "Europe/Berlin"', 'timezone = "Berlin"', "timezone 'Berlin' is not known"),
        ('name = "Test plant"', 'nam = "Test plant"', "unknown key 'nam'"),
        ('name = "Test plant"', "name = 7", "name = 7: input should be a valid string"),
        ("[plant]", "[factory]", "unknown section [factory]"),
        ('"mqtt://127.0.0.1:1883"', '"http://127.0.0.1"', "must begin with mqtt://, mqtts://"),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://127.0.0.1:99999"', "is no address"),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://:1883"', "names no host"),
        (
            '"mqtt://127.0.0.1:1883"',
            '"mqtt://u:secret@h"',
            "url names a user: say it with the keys",
        ),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://10.0..5:1883"', "names no host or port"),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://a\\u0000b"', "names no host or port"),
        ('"tcp://127.0.0.1:5020"', '"tcp://10.0..5:5020"', "names no host or port"),
        ('share = "andon"', 'password_file = "."\nuser = "u"', "cannot be read: Is a directory"),
        ('share = "andon"', 'password_file = "press.csv"', "password_file needs a user"),
        ('"mqtt://127.0.0.1:1883"', '"mqtt://h/andon"', "has more behind the port"),
        ("andon/{line}/{machine}/telemetry", "$share/a/{machine}", "is said by share = ..., not"),
        ("andon/{line}/{machine}/telemetry", "a\\u0000/{machine}", "holds a NUL"),
        ('share = "andon"', 'share = "a\\u0000"', "must not hold '/'"),
        ('share = "andon"', 'share = "a/b"', "must not hold '/'"),
        ('share = "andon"', "version = 3", "version = 3: input should be 4 or 5"),
        ('share = "andon"', 'ca_file = "no.pem"', "no.pem does not exist"),
        ("{machine}/telemetry", "telemetry", "needs the part {machine}"),
        ("{machine}/telemetry", "{machine}/x{line}", "fill a whole level"),
        ("{machine}/telemetry", "{machine}/{line}", "part {line} stands twice"),
        ("{machine}/telemetry", "{machine}/{cell}", "unknown part {cell}"),
        ('sequence = "/seq"', 'sequence = "seq"', "is no JSON pointer"),
        ('sequence = "/seq"', 'codec = "xml"', "codec = 'xml': input should be"),
        ('sequence = "/seq"', 'codec = "scalar"', "needs the part {signal}"),
        ('id = "press-3"', 'id = "press 3"', "without spaces"),
        ('id = "mill-1"', 'id = "press-3"', "machine 'press-3' stands in line 20 already"),
        ('id = "mill-1"', "", "key 'id' is missing"),
        ('"tcp://127.0.0.1:5020"', '"udp://127.0.0.1"', "must begin with tcp://"),
        ('"tcp://127.0.0.1:5020"', '"rtu://host"', "names no serial line"),
        ('"tcp://127.0.0.1:5020"', '"rtu:///dev/ttyS0?baud=fast"', "baud = 'fast' is no speed"),
        ('"tcp://127.0.0.1:5020"', '"rtu:///dev/ttyS0?parity=even"', "must be N, E or O"),
        ('"tcp://127.0.0.1:5020"', '"rtu:///dev/ttyS0?speed=9600"', "unknown key 'speed'"),
        ("unit = 1", 'illegal = ["holding 5-3"]', "does not rise from 0 to 65535"),
        ("unit = 1", 'illegal = ["40001-40003"]', "is no range of addresses, like"),
        ("unit = 1", 'illegal = ["input 13"]', "'system_pressure' at 12 lies in illegal input 13"),
        ('share = "andon"', 'ca_file = "press.csv"', "ca_file needs an url that begins with mqtts"),
        ("unit = 1", 'client_cert = "press.csv"', "client_cert needs an url that begins with tls"),
        ("unit = 1", "deadband = -1", "greater than or equal to 0"),
        ('"tcp://127.0.0.1:5020"', '"tcp://[::1"', "url 'tcp://[::1'"),
        ("unit = 1", "unit = 256", "less than or equal to 255"),
        ("unit = 1", "unit = true", "valid integer"),
        ("period_s = 1", "period_s = 0", "greater than or equal to 0.01"),
        ("period_s = 1", "period_s = nan", "finite number"),
        ('registers = "press.csv"', 'registers = "no.csv"', "no.csv does not exist"),
        ('registers = "press.csv"', f"registers = '{'x' * 300}'", "be used: File name too long"),
        ('registers = "press.csv"', 'registers = "a\\u0000"', "no file can have this name"),
        ("high = 60.0", "high = 6.0", "low = 15 is above high = 6"),
        ("high = 60.0", "high = '60'", "valid number"),
        ('id = "vibration_rms"', 'id = "oil_temp"', "signal 'oil_temp' stands twice"),
        ("high = 60.0", 'unit = "degF"', "unit 'degF' but the register file says 'degC'"),
        ('kind = "cnc-mill"', 'kind = "cnc-mill', "is no TOML"),
        ('kind = "cnc-mill"', "signals = 3", "signals must be an array of tables"),
        ('kind = "cnc-mill"', "modbus = 3", "modbus must be a table"),
    ],
)
def test_a_fault_is_named_with_its_line(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    """The line that was changed, but for faults of a whole table."""
    assert PLANT.count(right) == 1
    changed = PLANT[: PLANT.index(right)].count("\n") + 1
    found = [f for f in faults_in(tmp_path, PLANT.replace(right, wrong)) if message in f]
    assert len(found) == 1
    assert int(found[0].split(":")[1]) - changed == OTHER_LINES.get(message, 0)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,holding,abc,uint16,,,,,,", "address = 'abc'"),
        ("x,holding,-1,uint16,,,,,,", "is no address, like 40"),
        ("x,holding,65536,uint16,,,,,,", "behind the last address 65535"),
        ("x,holding,65535,uint32,,,,,,", "runs over the last address"),
        ("x,hold,0,uint16,,,,,,", "table = 'hold'"),
        ("x,holding,20,uint24,,,,,,", "type = 'uint24'"),
        ("x,holding,20,uint16,ABDC,,,,,", "order = 'ABDC'"),
        ("x,holding,20,uint16,,nan,,,,", "finite number"),
        ("x,holding,20,uint16,,0,,,,", "would make every value the same"),
        ("x,coil,20,uint16,,,,,,", "type must be bool"),
        ("x,holding,20,uint16", "has 4 cells, the header has 10"),
        (",holding,20,uint16,,,,,,", "key 'signal' is missing"),
        ("state,holding,20,uint16,,,,,,", "signal 'state' stands in line 2 already"),
        ("x,input,13,uint16,,,,,,", "'x' (input 13 to 13) overlaps 'system_pressure' (12 to 13)"),
    ],
)
def test_a_fault_in_the_register_file_is_named_with_its_line(
    tmp_path: Path, row: str, message: str
) -> None:
    """In the register file's own lines."""
    text = REGISTERS.rstrip("\n") + "\n" + row + "\n"
    (fault,) = faults_in(tmp_path, registers=text)
    assert fault.startswith("press.csv:6: ")
    assert message in fault


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("signal,table,address", "column 'type' is missing"),
        ("signal,table,address,type,ordr", "unknown column 'ordr'"),
        ("", "column 'signal' is missing"),
    ],
)
def test_a_fault_in_the_header_is_named(tmp_path: Path, header: str, message: str) -> None:
    """Before any row is looked at."""
    assert any(message in fault for fault in faults_in(tmp_path, registers=header + "\n"))


def test_a_register_that_fits_into_no_answer_is_a_fault_of_the_plant(tmp_path: Path) -> None:
    """Its device gives fewer registers at once than the value has."""
    text = PLANT.replace("period_s = 1\n", "period_s = 1\nmax_registers = 3\n")
    wide = "signal,table,address,type\nenergy,input,10,uint64\nflow,input,20,float32\n"
    (fault,) = faults_in(tmp_path, text, wide)
    assert f"plant.toml:{line_of(text, 'max_registers')}:" in fault
    assert "'energy' takes 4 registers, the device gives at most 3" in fault


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    """Syntax, keys, cross references and the register file, in one go and in order."""
    text = PLANT.replace('"Europe/Berlin"', '"Nowhere"').replace("unit = 1", "unit = 999")
    text = text.replace('url = "mqtt', 'uri = "mqtt').replace("high = 60.0", "high = sixty")
    text = text.replace('id = "mill-1"', 'id = "press-3"')
    registers = REGISTERS.replace("int16", "in16").replace("holding", "hold")
    faults = faults_in(tmp_path, text, registers)
    lines = [tuple(fault.split(":")[:2]) for fault in faults]
    for needle in ("Nowhere", "uri =", "unit = 999", "high = sixty"):
        assert ("plant.toml", str(line_of(text, needle))) in lines
    assert ("plant.toml", str(line_of(text, 'kind = "cnc-mill"') - 2)) in lines
    assert "unit = 999" in text  # the controller's own fault hides its register file


def test_the_known_keys_of_a_table_include_its_own_tables(tmp_path: Path) -> None:
    """Whoever wrote `route` is told `routes`, of machines `signals` and `modbus`."""
    for right, wrong, known in (
        ("[[mqtt.routes]]", "[[mqtt.route]]", "client_key, routes"),
        ("[machines.modbus]", "[machines.modbuss]", "modbus, signals"),
    ):
        assert any(f.endswith(known) for f in faults_in(tmp_path, PLANT.replace(right, wrong)))


def test_a_syntax_fault_does_not_hide_the_next(tmp_path: Path) -> None:
    """TOML is read on behind a line that it refuses."""
    text = PLANT.replace('"Test plant"', "Test plant").replace('"cnc-mill"', "cnc-mill")
    lines = {int(f.split(":")[1]) for f in faults_in(tmp_path, text) if "is no TOML" in f}
    assert lines == {line_of(text, "Test plant"), line_of(text, "= cnc-mill")}


def test_lines_are_right_behind_strings_and_arrays_of_many_lines(tmp_path: Path) -> None:
    """The line index follows statements, not lines that look like keys."""
    text = 'extra = """\n[[machines]]\nid = 3\n"""\nmore = [\n  1,\n  2,\n]\n' + PLANT
    text = text.replace("high = 4.5", "hihg = 4.5")
    faults = faults_in(tmp_path, text)
    assert faults[0].startswith("plant.toml:1: unknown section [extra]")
    assert faults[1].startswith("plant.toml:5: unknown section [more]")
    assert faults[2].startswith(f"plant.toml:{line_of(text, 'hihg')}: unknown key 'hihg'")


def test_twenty_faults_in_two_hundred_machines_are_all_found(tmp_path: Path) -> None:
    """The size of a real plant, each fault on its own line."""
    machine = '[[machines]]\nid = "m{n}"\nline = "l"\nkind = "k"\n[[machines.signals]]\nid = "s"\n'
    text = "".join(
        (machine + ("hi = 1\n" if n % 10 == 3 else "high = 1\n")).format(n=n) for n in range(200)
    )
    expected = [n for n, line in enumerate(text.splitlines(), 1) if line == "hi = 1"]
    assert [int(fault.split(":")[1]) for fault in faults_in(tmp_path, text)] == expected
    assert len(expected) == 20


def test_a_file_that_is_not_there_is_a_setting_to_change(tmp_path: Path) -> None:
    """The message says which setting."""
    with pytest.raises(SettingsFault, match="--plant or ANDON_PLANT"):
        load_plant(tmp_path / "plant.toml")


def test_an_empty_plant_is_a_fault(tmp_path: Path) -> None:
    """Nothing to watch is a mistake."""
    assert faults_in(tmp_path, "") == ["plant.toml:1: there are no [[machines]]"]


def test_the_schema_for_editors_knows_every_table() -> None:
    """Made from the models that check the file."""
    known = schema()
    assert set(known["properties"]) == {"plant", "documents", "mqtt", "brokers", "machines"}
    assert "RouteTable" in known["$defs"]


BROKERS = """
[[brokers]]
id = "hall-2"
url = "mqtt://10.0.0.2:1883"
version = 4

[[brokers.routes]]
topic = "hall2/{machine}/telemetry"

[[brokers]]
id = "hall-3"
url = "mqtts://10.0.0.3"
"""


def test_further_brokers_stand_beside_the_first(tmp_path: Path) -> None:
    """Each with its own routes; the one of [mqtt] has no id."""
    plant = plant_in(tmp_path, PLANT + BROKERS)
    assert [broker.id for broker in plant.brokers] == ["", "hall-2", "hall-3"]
    second = plant.broker("hall-2")
    assert second is not None
    assert (second.port, second.version) == (1883, 4)
    assert [route.filter for route in second.routes] == ["hall2/+/telemetry"]
    assert plant.broker("hall-9") is None
    assert set(plant.files) == {tmp_path / "plant.toml", tmp_path / "press.csv"}


def test_faults_of_further_brokers_are_all_reported(tmp_path: Path) -> None:
    """An id that stands twice, an address of another kind, a route without a machine."""
    text = PLANT + BROKERS.replace("hall-3", "hall-2").replace("{machine}", "+")
    text += '\n[[brokers]]\nid = "hall 4"\nurl = "http://10.0.0.4"\n'
    with pytest.raises(PlantFault) as caught:
        plant_in(tmp_path, text)
    lines = text.splitlines()
    found = {(lines[defect.line - 1], defect.message) for defect in caught.value.defects}
    first = lines.index('id = "hall-2"') + 1
    assert ('id = "hall-2"', f"broker 'hall-2' stands in line {first} already") in found
    stated = "topic 'hall2/+/telemetry' needs the part {machine}, or the route a machine"
    assert ('topic = "hall2/+/telemetry"', stated) in found
    assert {line for line, _ in found} >= {'id = "hall 4"', 'url = "http://10.0.0.4"'}


def test_a_signal_is_named_in_the_languages_of_its_people(tmp_path: Path) -> None:
    """By language, machine and signal; another language or an empty name is a fault."""
    line = 'id = "oil_temp"\n'
    text = PLANT.replace(line, line + 'names = { de = "Öltemperatur" }\n')
    assert plant_in(tmp_path, text).names == {"de": {("press-3", "oil_temp"): "Öltemperatur"}}
    for wrong in ('{ fr = "huile" }', '{ de = "" }', '{ de = "{E0001.peak}" }'):
        assert faults_in(tmp_path, text.replace('{ de = "Öltemperatur" }', wrong))


def test_a_line_has_machines_or_is_not_known(tmp_path: Path) -> None:
    """What lines there are is said."""
    plant = plant_in(tmp_path)
    assert [machine.id for machine in plant.line("line-1")] == ["press-3", "mill-1"]
    with pytest.raises(NotKnown, match=r"line-9.*line-1"):
        plant.line("line-9")
