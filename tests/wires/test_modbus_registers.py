"""A register file with every type, read off a real Modbus wire into the history."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ingest.collector import Collector
from ingest.plant import load_plant
from ingest.registers import Register, RegisterTable
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Quality, Reading, Value
from ingest.words import RegisterType
from tests.simulated import machine_at, served

WORDS = {
    100: 0x0029,
    101: 0xFFD3,
    102: 0x8000,
    103: 0x1234,
    104: 0x12A4,
    105: 0x3C00,
    106: 17,
    107: 99,
    108: 0x5550,
    109: 0x504D,
    110: 0x3320,
    111: 0x0000,
    112: 0x5678,
    113: 0x1234,
}
"""What stands on the wire from 100 on, written down by hand."""
ROWS = {
    "running": ("40101,,bool,,0,,,,", True),
    "fault": ("40101,,bool,,1,,,,", False),
    "mode": ("40101,,uint16,,2-5,,,,0=manual;10=automatic", "automatic"),
    "oil_temp": ("102,holding,int16,,,,0.1,0x8000,", -4.5),
    "water_temp": ("103,holding,int16,,,,0.1,0x8000,", None),
    "counter": ("104,holding,bcd16,,,,,,", 1234),
    "broken": ("105,holding,bcd16,,,,,,", None),
    "ratio": ("106,holding,float16,,,,,,", 1.0),
    "state": ("107,holding,uint16,,,,,,17=running", "running"),
    "error": ("108,holding,uint16,,,,,,codes.csv", "unknown code 99"),
    "model": ("109,holding,string,4,,BADC,,,", "PUMP 3"),
    "hours": ("113,holding,uint32,,,CDAB,0.1,,", 30541989.6),
}
PLANT = """\
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
[machines.modbus]
url = "tcp://127.0.0.1:{port}"
unit = 7
period_s = 0.05
registers = "map.csv"
address_base = 1
"""


def described(folder: Path, port: int) -> Path:
    """The plant description with its register file, and a file of codes."""
    lines = ["signal,address,table,type,length,bit,order,scale,nan,enum"]
    lines += [f"{signal},{cells}" for signal, (cells, _) in ROWS.items()]
    (folder / "map.csv").write_text("\n".join(lines) + "\n")
    (folder / "codes.csv").write_text("code,text\n0,none\n1,door open\n")
    (folder / "plant.toml").write_text(PLANT.format(port=port))
    return folder / "plant.toml"


def test_every_type_reaches_the_history(
    tmp_path: Path,
    free_port: Callable[[], int],
    history: SqliteHistory,
    collecting: Callable[..., AbstractContextManager[Collector]],
    until: Callable[..., None],
) -> None:
    """With its value where there is one, and as a bad reading where there is none."""
    port = free_port()
    words = tuple(
        Register(f"w{at}", RegisterTable.HOLDING, at, RegisterType.UINT16) for at in WORDS
    )
    plant = load_plant(described(tmp_path, port))

    def read() -> dict[str, Reading]:
        return {reading.signal: reading for reading in history.latest("press-3")}

    with (
        served([machine_at(port, words)], {f"w{at}": word for at, word in WORDS.items()}),
        collecting(plant),
    ):
        until(lambda: set(read()) == set(ROWS), 60)
    found: dict[str, Value] = {signal: reading.value for signal, reading in read().items()}
    assert found == {signal: value for signal, (_, value) in ROWS.items()}
    bad = {signal for signal, reading in read().items() if reading.quality is Quality.BAD}
    assert bad == {"water_temp", "broken"}
