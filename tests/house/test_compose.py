"""docker-compose.yml says what the code understands."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import missing
from tests.house.command_line import parse

IMAGE_DEFAULTS = {"ANDON_HOME", "ANDON_PLANT"}


@pytest.fixture
def compose(repository: Path) -> dict[str, Any]:
    """The compose file as data."""
    loaded: dict[str, Any] = yaml.safe_load((repository / "docker-compose.yml").read_text())
    return loaded


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: s for name, s in compose["services"].items() if s["image"].startswith("andon")}


def test_docker_compose_accepts_the_file(repository: Path) -> None:
    """The real program reads it without a word of complaint."""
    program = shutil.which("docker-compose")
    if program is None:
        missing("docker-compose", "apt-get install docker-compose")
    done = subprocess.run(
        [str(program), "config", "--quiet"], cwd=repository, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_of_the_image_parses(compose: dict[str, Any]) -> None:
    """No service is started with a command or an option that `andon` does not have."""
    for service in ours(compose).values():
        parse(service["command"])


def test_every_setting_exists(compose: dict[str, Any]) -> None:
    """No service is given an environment variable that no room knows."""
    from service.settings import known_names

    for service in ours(compose).values():
        assert set(service.get("environment", {})) <= known_names() | IMAGE_DEFAULTS


def test_the_plant_of_the_image_names_containers(repository: Path, compose: dict[str, Any]) -> None:
    """In the image every address of the plant is a service of the compose file."""
    from urllib.parse import urlsplit

    from ingest.plant import load_plant

    plant = load_plant(repository / "plant.toml")
    urls = [plant.mqtt.url, *(m.modbus.url for m in plant.machines if m.modbus)]
    hosts = {"mqtt": "broker", "tcp": "simulators"}
    dockerfile = (repository / "Dockerfile").read_text()
    for url in urls:
        address = urlsplit(url)
        assert address.hostname == "127.0.0.1"
        assert (
            f"{address.scheme}://127.0.0.1#{address.scheme}://{hosts[address.scheme]}" in dockerfile
        )
        assert hosts[address.scheme] in compose["services"]
