"""A collector gets the client id of the one before it, and no other collector gets it meanwhile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.errors import SettingsFault
from ingest.slots import claimed_slot


def test_the_same_home_gives_the_same_client_id_again(tmp_path: Path) -> None:
    """The broker's session is taken up after a restart."""
    with claimed_slot(tmp_path) as first:
        pass
    with claimed_slot(tmp_path) as second:
        pass
    assert first == second
    assert first.number == 1


def test_two_collectors_of_a_home_do_not_throw_each_other_out(tmp_path: Path) -> None:
    """Each has its own id; a number that is free again is taken again."""
    with claimed_slot(tmp_path) as first:
        with claimed_slot(tmp_path) as second:
            assert (first.number, second.number) == (1, 2)
            assert first.client_id != second.client_id
            assert (first.named("line-1"), second.named("line-1")) == ("line-1", "line-1-2")
            assert (first.named(""), second.named("")) == (first.client_id, second.client_id)
        with claimed_slot(tmp_path) as third:
            assert third == second


def test_two_homes_have_different_client_ids(tmp_path: Path) -> None:
    """They may share a broker."""
    with claimed_slot(tmp_path / "a") as one, claimed_slot(tmp_path / "b") as other:
        assert one.client_id != other.client_id


def test_a_home_that_cannot_be_made_is_a_setting_to_change(tmp_path: Path) -> None:
    """One clear message."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingsFault, match="--home or ANDON_HOME"),
        claimed_slot(tmp_path / "file"),
    ):
        pass


def test_a_name_that_was_never_written_is_drawn_again(tmp_path: Path) -> None:
    """A collector that was killed before it wrote leaves an empty file, and no shared id."""
    (tmp_path / "collectors").mkdir()
    (tmp_path / "collectors" / "id").touch()
    with claimed_slot(tmp_path) as first:
        pass
    with claimed_slot(tmp_path) as second:
        assert second == first
    assert re.fullmatch(r"andon-[0-9a-f]{8}-1", first.client_id)
