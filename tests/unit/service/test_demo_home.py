"""Where the demo may write, and on which ports it runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from rich.console import Console

from ingest.errors import SettingsFault
from ingest.plant import load_plant
from service.demo.home import demo_history, fresh_history, mark, unmark
from service.demo.ports import on_free_ports
from service.demo.run import Demo, DemoOptions


def test_a_demo_empties_what_a_demo_wrote(tmp_path: Path) -> None:
    """The alarms that the last one left raised are gone."""
    fresh_history(tmp_path)
    mark(tmp_path)
    (tmp_path / "history.db").write_text("rows")
    (tmp_path / "history.db-wal").write_text("rows")
    fresh_history(tmp_path)
    assert not list(tmp_path.glob("history.db*"))


def test_a_real_history_is_left_alone(tmp_path: Path) -> None:
    """Simulated machines never write among real ones."""
    mark(tmp_path)
    (tmp_path / "history.db").write_text("real rows")
    unmark(tmp_path)  # as `andon ingest` does when it starts
    with pytest.raises(SettingsFault, match="not written by a demo"):
        fresh_history(tmp_path)
    assert (tmp_path / "history.db").read_text() == "real rows"


def test_a_demo_writes_into_no_database_of_a_plant(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated machines go neither there nor to a centre, whatever is set for the real ones."""
    monkeypatch.setenv("ANDON_HISTORY_URL", "postgresql://andon@10.0.0.5/andon")
    monkeypatch.setenv("ANDON_FORWARD_URL", "https://centre")
    plant = repository / "plant.toml"
    options = DemoOptions(plant, tmp_path, "demo", 1, 1.0, port=1, once=True)
    demo = Demo(options, load_plant(plant), Console())
    for child in (demo._service(tmp_path, tmp_path), demo._collector(tmp_path, tmp_path)):
        assert child.environment["ANDON_HISTORY_URL"] == ""
        assert child.environment["ANDON_FORWARD_URL"] == ""


def test_a_demo_broken_off_while_it_starts_can_be_started_again(tmp_path: Path) -> None:
    """The service took the mark away and wrote; Ctrl-C came before the collector was there."""

    def broken_off() -> None:
        with demo_history(tmp_path):
            unmark(tmp_path)  # as `andon serve` does when it starts
            (tmp_path / "history.db").write_text("rows")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    fresh_history(tmp_path)
    assert not (tmp_path / "history.db").exists()


def test_taken_ports_move_and_the_rest_stays(repository: Path, tmp_path: Path) -> None:
    """The copy names free ports and finds the register maps and documents of the original."""
    text = (repository / "plant.toml").read_text()
    text = text.replace('= "simulators', f'= "{repository}/simulators')
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        original = tmp_path / "plant.toml"
        original.write_text(text.replace("127.0.0.1:15021", f"127.0.0.1:{port}"))
        plant = load_plant(original)
        moved = load_plant(on_free_ports(plant, tmp_path / "home"))
    before = {machine.id: machine.modbus for machine in plant.machines}
    after = {machine.id: machine.modbus for machine in moved.machines}
    changed = {name for name, unit in after.items() if unit and unit.url != before[name].url}  # type: ignore[union-attr]
    assert "press-3" in changed
    assert all(unit and unit.registers for unit in after.values())
    assert moved.documents == plant.documents


@pytest.mark.parametrize("url", ["mqtt://broker.plant:1883", "mqtt://10.0.0.7"])
def test_a_broker_elsewhere_is_not_played_with(tmp_path: Path, url: str) -> None:
    """The demo's machines speak on this machine alone."""
    path = tmp_path / "plant.toml"
    path.write_text(f"""
[mqtt]
url = "{url}"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
""")
    with pytest.raises(SettingsFault, match="on this machine alone"):
        on_free_ports(load_plant(path), tmp_path / "home")
