"""The server that transformers ships takes a schema and ignores it: found out, and lived with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from prompting.models.choice import model_of
from prompting.probing import identified, probe
from prompting.settings import PromptingSettings
from prompting.writers.choice import asker_of
from tests.plain_evidence import summary, texts

WANTED = 2048


@contextmanager
def transformers_serve(folder: Path, port: int, log: Path) -> Iterator[str]:
    """It, over a directory on this machine."""
    program = Path(sys.executable).parent / "transformers"
    command = [str(program), "serve", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        _until_healthy(process, url, log)
        yield f"{url}/v1"
    finally:
        process.terminate()
        process.wait(60)


def _until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            if httpx.get(f"{url}/health", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)


@pytest.fixture(scope="module")
def server(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its base URL."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    with transformers_serve(tiny_folder, port, log) as url:
        yield url


def settings_for(server: str, folder: Path) -> PromptingSettings:
    return PromptingSettings(
        llm_url=server,
        llm_model=str(folder),
        llm_context_tokens=WANTED,
        llm_max_tokens=64,
        llm_deadline_s=60,
        llm_first_token_s=60,
    )


def test_it_is_found_to_ignore_the_schema(server: str, tiny_folder: Path) -> None:
    """It answers 200 to every form and streams what comes to its mind."""
    model = model_of(settings_for(server, tiny_folder))
    assert model is not None
    found = probe(model, identified(model), wanted_tokens=WANTED)
    model.close()
    assert (found.engine, found.constrains, found.streams) == ("openai-compatible", "none", True)
    assert "ignores the schema: every reply is checked and repaired on our side" in found.words


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_summary_over_it_is_the_one_by_rule(
    server: str, tiny_folder: Path, language: str
) -> None:
    """Labelled so: its noise passes no check, is repaired once at most, and none of it is shown."""
    asker = asker_of(settings_for(server, tiny_folder))
    assert asker is not None
    found = summary(asker, language=language)
    asker.close()
    assert (found.engine, found.model) == ("deterministic", "")
    assert texts(found) == texts(summary(None, language=language))
    assert found.account.fallback in ("schema", "length")
    assert found.account.tries >= 1
    assert str(tiny_folder.name) in found.note
