"""Checked replies are kept within bounds; a cache that fails costs a request and nothing else."""

from __future__ import annotations

import logging
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from prompting.question import Unanswered
from prompting.redaction import Redaction, words_rule
from prompting.reply_cache import CacheLimits, ReplyCache
from tests.conftest import ROOT
from tests.unit.prompting.asked import HOT, WRONG, Figures, asker, fill, question

LIMITS = CacheLimits(entries=5, size=1000, age_s=100.0)


class Clock:
    """Goes when it is told to, forwards or backwards."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """At some instant."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the file, in a folder that is not there yet."""
    return tmp_path / "home" / "llm-cache.db"


@pytest.fixture
def cache(path: Path, clock: Clock) -> ReplyCache:
    """With small bounds."""
    return ReplyCache(path, LIMITS, clock=clock)


def test_the_same_question_is_asked_once(cache: ReplyCache) -> None:
    """The second answer costs nothing and says that it is kept."""
    figures = Figures()
    prices = {"*": {"input": 1.0}}
    one, model = asker(HOT, cache=cache, observer=figures, llm_prices=prices)
    first, second = one.ask(question()), one.ask(question())
    assert (first.value, first.account.cached) == (second.value, False)
    account = second.account
    assert (account.cached, account.cost, account.tries, account.tokens_in) == (True, 0.0, 0, 0)
    assert len(model.asked) == 1
    assert figures.outcomes == {"answered": 1, "cached": 1}


def test_another_question_is_another(cache: ReplyCache) -> None:
    """Prompt, words, schema, model, its weights and its parameters are all part of the key."""
    one, model = asker(HOT, cache=cache)
    one.ask(question())
    one.ask(question("How is it now?"))
    one.ask(question(max_tokens=70))
    model.digest = "sha256:2"
    one.ask(question())
    model.model = "cockatoo"
    one.ask(question())
    asker(HOT, cache=cache, llm_temperature=0.5)[0].ask(question())
    assert len(model.asked) == 5


def test_a_reply_that_cannot_be_used_is_not_kept(cache: ReplyCache) -> None:
    """The repaired one is."""
    one, model = asker(WRONG, WRONG, WRONG, HOT, cache=cache)
    with pytest.raises(Unanswered):
        one.ask(question())
    one.ask(question())
    assert one.ask(question()).account.cached
    assert len(model.asked) == 4


def test_a_kept_reply_is_checked_like_any_other(path: Path, cache: ReplyCache) -> None:
    """Somebody may have written into the file."""
    one, model = asker(HOT, cache=cache)
    one.ask(question())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE replies SET reply = ?", (WRONG,))
    assert one.ask(question()).value == {"word": "hot"}
    assert len(model.asked) == 2
    assert one.ask(question()).account.cached


def test_what_is_kept_has_its_names_hidden(path: Path, cache: ReplyCache) -> None:
    """And they are put back for whoever asks the same of someone else."""
    hidden = Redaction((words_rule("name", ["Nowak", "Meier"]),))
    one, model = asker('{"word": "hot", "note": "by [name-1]"}', cache=cache, redaction=hidden)
    quoted = frozenset({"note"})
    assert one.ask(question("Nowak?", quoted=quoted)).value["note"] == "by Nowak"
    again = one.ask(question("Meier?", quoted=quoted))
    assert (again.value["note"], again.account.cached) == ("by Meier", True)
    assert len(model.asked) == 1
    assert b"Nowak" not in path.read_bytes()


def test_it_is_bounded_in_number_and_bytes(cache: ReplyCache, clock: Clock) -> None:
    """The oldest go first; what is too large alone is not kept at all."""
    for number in range(9):
        clock.now += 1
        cache.put(f"k{number}", "x" * 10)
    assert [n for n in range(9) if cache.get(f"k{n}")] == [4, 5, 6, 7, 8]
    clock.now += 1
    cache.put("large", "x" * 985)
    assert [n for n in range(9) if cache.get(f"k{n}")] == [8]
    cache.put("huge", "x" * 1001)
    assert cache.get("huge") is None
    assert cache.get("large") is not None


def test_it_is_bounded_in_age(cache: ReplyCache, clock: Clock) -> None:
    """And believes nothing from the future, after a clock was set back."""
    cache.put("k", "x")
    clock.now += 99
    assert cache.get("k") == "x"
    clock.now += 2
    assert cache.get("k") is None
    cache.put("k", "x")
    clock.now -= 3600
    assert cache.get("k") is None
    cache.put("other", "y")
    clock.now += 3600
    assert cache.get("k") is None


def test_only_its_owner_may_read_it(path: Path, cache: ReplyCache) -> None:
    """It repeats what people wrote."""
    cache.put("k", "x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _directory(path: Path) -> None:
    path.mkdir(parents=True)


def _no_folder(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")


def _foreign(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE replies (something TEXT)")


@pytest.mark.parametrize("broken", [_directory, _no_folder, _foreign])
def test_a_place_that_cannot_hold_it_is_said_once(
    path: Path, cache: ReplyCache, caplog: pytest.LogCaptureFixture, broken: object
) -> None:
    """Every question goes to the model, and is answered."""
    assert callable(broken)
    broken(path)
    one, model = asker(HOT, cache=cache)
    with caplog.at_level(logging.WARNING):
        answers = [one.ask(question()) for _ in range(3)]
    assert [answer.account.cached for answer in answers] == [False] * 3
    assert len(model.asked) == 3
    assert len([r for r in caplog.records if "cache out of use" in r.message]) == 1


@pytest.mark.parametrize("keep", [0, 17, 100, 5000])
def test_a_file_that_is_cut_or_garbage_is_begun_anew(
    path: Path, cache: ReplyCache, keep: int
) -> None:
    """After one question that goes to the model."""
    one, _ = asker(HOT, cache=cache)
    one.ask(question())
    content = path.read_bytes()
    path.write_bytes(content[:keep] + b"\xff" * (len(content) - keep if keep in (17, 5000) else 0))
    for _ in range(2):
        one.ask(question())
    assert one.ask(question()).account.cached


def test_a_file_that_another_holds_is_not_waited_for(path: Path, cache: ReplyCache) -> None:
    """Not for long."""
    cache.put("k", "x")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert cache.get("k") is None
        other.execute("ROLLBACK")
    assert cache.get("k") == "x"


def test_several_processes_share_it(path: Path) -> None:
    """None breaks it for the others, and its bounds hold for all of them together."""
    code = "import sys, pathlib; from {} import fill; fill(pathlib.Path(sys.argv[1]), sys.argv[2])"
    command = [sys.executable, "-c", code.format("tests.unit.prompting.asked"), str(path)]
    workers = [subprocess.Popen([*command, str(number)], cwd=ROOT) for number in range(4)]
    assert [worker.wait(120) for worker in workers] == [0] * 4
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = connection.execute("SELECT count(*) FROM replies").fetchone()
    assert 0 < count <= 50


def test_many_threads_share_it(path: Path) -> None:
    """None of them raises."""
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: fill(path, str(number)), range(20)))
