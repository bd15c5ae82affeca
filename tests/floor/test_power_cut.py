"""A power cut loses nothing that was acknowledged, and the test would find it if it did.

The history lies on an ext4 of its own, which is shut down in mid-write as a power cut would: what
the kernel had not brought to the disk is gone, its own journal included.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.history import history_path
from ingest.sqlite import SqliteHistory
from tests.conftest import missing
from tests.leash import leashed

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN of linux/fs/ext4/ext4.h."""
NO_LOG_FLUSH = 2
WRITER = Path(__file__).with_name("power_cut_writer.py")


class Disk:
    """A file that holds a file system, mounted while a block runs."""

    def __init__(self, folder: Path, *, make: Path) -> None:
        self._image = folder / "disk.img"
        self.place = folder / "disk"
        self.place.mkdir()
        with self._image.open("wb") as file:
            file.truncate(64_000_000)
        _run(make, "-q", "-F", self._image)

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        done = subprocess.run(
            ["mount", "-o", "loop", self._image, self.place], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"no loop device can be mounted here: {done.stderr.strip()}")
        try:
            yield self.place / "home"
        finally:
            _run("umount", self.place)

    def cut(self) -> int:
        """The power is gone: nothing reaches the disk from the monotonic nanosecond returned on."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            begun = time.monotonic_ns()
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)
        return begun


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """An empty disk; only root may mount one."""
    if os.geteuid() != 0:
        pytest.skip("a power cut needs root: run this file as root")
    program = shutil.which("mkfs.ext4", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        missing("mkfs.ext4", "apt-get install e2fsprogs")
    return Disk(tmp_path, make=Path(str(program)))


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def _acknowledged(disk: Disk, mode: str, *, batches: int) -> int:
    """How many records were acknowledged until the power was cut, after that many batches.

    Without power the computer is gone too. Here it goes on, and Linux lets an `fsync` that is under
    way when the file system shuts down return as if it had been done: what is acknowledged from
    that instant on, a floor that lost its power would never have seen.
    """
    root = WRITER.parents[2]
    with (
        disk.mounted() as home,
        subprocess.Popen(
            leashed([sys.executable, WRITER, mode, home]),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(root)},
        ) as writer,
    ):
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(batches)]
        cut = disk.cut()
        said += list(writer.stdout)
        assert writer.wait(60) != 0
    acknowledgements = [tuple(map(int, line.split())) for line in said]
    return max(records for records, at in acknowledgements if at < cut)


def _stored(disk: Disk) -> int:
    """How many records are there when the power is back."""
    with disk.mounted() as home:
        if not history_path(home).exists():
            return 0
        with SqliteHistory(history_path(home)) as history:
            sequences = {row.sequence for row in history.export()}
    assert sequences == set(range(len(sequences)))
    return len(sequences)


@pytest.mark.parametrize("batches", [1, 40, 400])
def test_what_was_acknowledged_survives_a_power_cut(disk: Disk, batches: int) -> None:
    """Soon after the first commit, before the first checkpoint, and after some."""
    acknowledged = _acknowledged(disk, "full", batches=batches)
    assert acknowledged >= batches * 20
    assert _stored(disk) >= acknowledged


def test_without_waiting_for_the_disk_acknowledged_records_are_lost(disk: Disk) -> None:
    """`synchronous=NORMAL`, which passes every test with SIGKILL, fails this one."""
    acknowledged = _acknowledged(disk, "normal", batches=40)
    assert _stored(disk) < acknowledged
