"""Between a question and a checked reply: budget, tries, repair, pauses, account."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ingest.errors import ModelFault
from prompting.asking import MOST_SMALLER
from prompting.listening import Listener
from prompting.model import EngineFault, PassingFault, Reason, Reply, Request
from prompting.question import Unanswered
from prompting.redaction import Redaction, words_rule
from prompting.replies import ReplyFault, parsed
from tests.unit.prompting.asked import HOT, WRONG, Figures, asker, question, shrinking

CUT = Reply('{"word": "h', "length", tokens_in=50, tokens_out=5)
AWAY = PassingFault("The model server cannot be reached.", "away")


def unanswered(said: Any, *, ask: Any = None, **more: Any) -> tuple[Unanswered, int]:
    """How a question ended, and how many requests that took."""
    one, model = asker(*said, **more)
    with pytest.raises(Unanswered) as fault:
        one.ask(ask or question())
    return fault.value, len(model.asked)


def test_a_reply_comes_with_its_account() -> None:
    """Tokens, tries, seconds and the price of the model."""
    prices = {"par*": {"input": 2.0, "output": 50.0}}
    one, model = asker(HOT, llm_prices=prices)
    found = one.ask(question())
    assert (found.value, found.engine, found.model) == ({"word": "hot"}, model.engine, "parrot")
    account = found.account
    assert (account.tokens_in, account.tokens_out, account.tries) == (100, 10, 1)
    assert account.cost == pytest.approx(100 * 2e-6 + 10 * 50e-6)
    assert (account.repairs, account.cached, account.fallback) == (0, False, "")


def test_a_fault_that_may_pass_is_tried_again() -> None:
    """Within one deadline, which every request is told."""
    one, model = asker(AWAY, AWAY, HOT)
    assert one.ask(question()).account.tries == 3
    assert len({request.deadline for request in model.asked}) == 1


@pytest.mark.parametrize("reason", ["refused", "garbled", "huge", "silent", "cut"])
def test_a_fault_that_will_not_pass_is_not(reason: Reason) -> None:
    """And gives its word."""
    fault, requests = unanswered([EngineFault("No.", reason)])
    assert (fault.reason, requests, fault.account.tries) == (reason, 1, 1)


def test_tries_end() -> None:
    """As the settings say."""
    fault, requests = unanswered([AWAY], llm_tries=2)
    assert (fault.reason, requests) == ("away", 2)


def test_a_pause_that_the_server_asks_for_is_kept() -> None:
    """At least as long as it said."""
    one, _ = asker(PassingFault("Later.", "busy", retry_after_s=0.7), HOT)
    assert one.ask(question()).account.seconds >= 0.7


@pytest.mark.parametrize("seconds", [45.0, 1e9, float("inf")])
def test_a_pause_beyond_the_deadline_is_not_waited_for(seconds: float) -> None:
    """The model is left alone meanwhile, but never for longer than ten minutes."""
    one, model = asker(PassingFault("Later.", "busy", retry_after_s=seconds), HOT)
    with pytest.raises(Unanswered) as fault:
        one.ask(question())
    assert (fault.value.reason, len(model.asked)) == ("busy", 1)
    assert min(seconds, 600.0) / 2 < one.breaker.rest_s <= 600.0
    with pytest.raises(Unanswered, match="left alone") as fault:
        one.ask(question())
    assert (fault.value.reason, len(model.asked)) == ("breaker", 1)


def test_a_reply_that_breaks_the_schema_is_repaired_once() -> None:
    """The model is told where, and sees its own words."""
    one, model = asker(WRONG, HOT)
    account = one.ask(question()).account
    assert (account.tries, account.repairs, account.tokens_in) == (2, 1, 200)
    said, told = model.asked[1].turns[-2:]
    assert (said.role, said.text) == ("assistant", WRONG)
    assert "$.word" in told.text
    assert "lukewarm" in told.text


def test_there_is_no_second_repair() -> None:
    """And the words of the reply are in no message that a reader sees."""
    fault, requests = unanswered([WRONG])
    assert (fault.reason, requests) == ("schema", 2)
    assert "lukewarm" not in str(fault)


def test_one_repair_in_all_even_over_smaller_packs() -> None:
    """Wrong, cut off, wrong again: that is the end."""
    fault, requests = unanswered([WRONG, CUT, WRONG, HOT], ask=shrinking(8))
    assert (fault.reason, requests, fault.account.repairs) == ("schema", 3, 1)


@pytest.mark.parametrize(
    "reply",
    ["", "hot", "[" * 300, '{"word": NaN}', '{"word": "hot", "note": "\\ud800"}', "{", '"\ud800"'],
)
def test_what_is_no_reply_is_not_taken_for_one(reply: str) -> None:
    """Half characters, numbers that are none, no JSON: asked again, then given up."""
    fault, requests = unanswered([reply])
    assert (fault.reason, requests) == ("schema", 2)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "9" * 5000])
def test_numbers_that_json_does_not_have_are_refused(number: str) -> None:
    """Whatever the schema says of them."""
    with pytest.raises(ReplyFault, match="not JSON"):
        parsed(f'{{"value": {number}}}', {"type": "object"})


def test_what_its_reader_cannot_use_is_repaired_too() -> None:
    """`read` may refuse what the schema lets pass."""

    def read(found: dict[str, Any]) -> str:
        if found["word"] == "cold":
            raise ModelFault("It is never cold.")
        return str(found["word"])

    one, model = asker('{"word": "cold"}', HOT)
    assert str(one.ask(question(read=read)).value) == "hot"
    assert "It is never cold." in model.asked[1].turns[-1].text


def test_a_reply_that_is_cut_off_is_asked_for_over_less() -> None:
    """Half, then a quarter; then it is given up."""
    one, model = asker(CUT, CUT, HOT)
    assert one.ask(shrinking(64)).account.tries == 3
    assert [len(request.turns[1].text.split()) for request in model.asked] == [64, 32, 16]
    fault, requests = unanswered([CUT], ask=shrinking(64))
    assert (fault.reason, requests) == ("length", 1 + MOST_SMALLER)


def test_a_whole_reply_at_the_longest_length_is_whole() -> None:
    """Whatever its server calls it."""
    one, _ = asker(Reply(HOT, "length", tokens_in=1, tokens_out=1))
    assert one.ask(question()).account.repairs == 0


def test_a_question_is_cut_down_before_it_is_sent() -> None:
    """By the model's own count, its reply included."""
    one, model = asker(HOT, context_tokens=1200, llm_max_tokens=64)
    one.ask(shrinking(4096))
    (asked,) = model.asked
    texts = [turn.text for turn in asked.turns] + [json.dumps(asked.schema)]
    assert sum(map(model.count, texts)) + asked.max_tokens <= 1200
    assert len(asked.turns[1].text.split()) == 1024 // 2


def test_a_question_that_cannot_fit_is_not_sent() -> None:
    """And says how much is too much."""
    fault, requests = unanswered([HOT], ask=question("word " * 900), context_tokens=900)
    assert (fault.reason, requests) == ("budget", 0)
    assert "900" in str(fault)


def test_a_model_of_unknown_context_is_believed_to_take_what_is_set() -> None:
    """Until a probe has told."""
    fault, _ = unanswered([HOT], ask=question("word " * 900), llm_context_tokens=512)
    assert fault.reason == "budget"


def test_a_repair_that_does_not_fit_shows_less_of_the_reply() -> None:
    """Or is left out."""
    long = json.dumps({"word": "x" * 5000})
    one, model = asker(long, HOT, context_tokens=700, llm_max_tokens=64)
    one.ask(question())
    assert len(model.asked[1].turns[-2].text) == 600


def test_a_question_may_ask_for_a_shorter_reply() -> None:
    """But never for a longer one than the settings allow or the model has room for."""
    one, model = asker(HOT, llm_max_tokens=300)
    one.ask(question(max_tokens=100))
    one.ask(question(max_tokens=5000))
    model.context_tokens = 500
    one.ask(question())
    assert [request.max_tokens for request in model.asked] == [100, 300, 200]


def test_the_deadline_ends_everything() -> None:
    """Nothing is sent in the last moment, and the endpoint is not to blame."""
    fault, requests = unanswered([HOT], llm_deadline_s=0.01)
    assert (fault.reason, requests) == ("slow", 0)


def test_a_listener_hears_pieces_and_when_they_are_void() -> None:
    """A second try begins anew."""
    heard: list[str] = []

    def speak(request: Request) -> Reply:
        assert request.on_text is not None
        request.on_text(HOT[:5])
        if len(heard) == 1:
            raise PassingFault("Hung up.", "failed")
        return Reply(HOT, "stop", tokens_in=1, tokens_out=1)

    one, _ = asker(speak)
    one.ask(question(), listener=Listener(heard.append, lambda: heard.append("again")))
    assert heard == [HOT[:5], "again", HOT[:5]]


def test_who_hangs_up_ends_the_work() -> None:
    """In the middle of a reply or of a pause; the endpoint is not to blame."""
    listener = Listener()

    def speak(request: Request) -> Reply:
        assert request.on_text is not None
        assert request.stop is listener.gone
        listener.gone.set()
        request.on_text("x")
        raise AssertionError

    one, model = asker(speak, llm_breaker_failures=1)
    with pytest.raises(Unanswered) as fault:
        one.ask(question(), listener=listener)
    assert (fault.value.reason, len(model.asked)) == ("stopped", 1)
    assert one.breaker.state == "closed"


def test_a_pause_ends_when_nobody_waits() -> None:
    """Within the pause, not after it."""
    listener = Listener()
    one, model = asker(PassingFault("Later.", "busy", retry_after_s=500.0), llm_deadline_s=600.0)
    threading.Timer(0.2, listener.gone.set).start()
    with pytest.raises(Unanswered) as fault:
        one.ask(question(), listener=listener)
    assert (fault.value.reason, len(model.asked)) == ("stopped", 1)
    assert fault.value.account.seconds < 60


def test_every_ending_is_told_to_the_observer() -> None:
    """By its word, with its account."""
    figures = Figures()
    one, _ = asker(HOT, WRONG, WRONG, EngineFault("No.", "refused"), observer=figures)
    one.ask(question())
    for _ in range(2):
        with pytest.raises(Unanswered):
            one.ask(question())
    assert figures.outcomes == Counter(answered=1, schema=1, refused=1)
    assert [account.tries for account in figures.accounts] == [1, 2, 1]


def test_fifty_threads_ask_at_once() -> None:
    """Each gets the reply to its own question, and its own account."""
    barrier = threading.Barrier(50, timeout=60)

    def echo(request: Request) -> Reply:
        barrier.wait()
        words = request.turns[1].text.split()
        reply = json.dumps({"word": "hot", "note": words[-1]})
        return Reply(reply, "stop", tokens_in=int(words[-1]), tokens_out=1)

    one, _ = asker(echo, llm_deadline_s=120)
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda n: one.ask(question(f"This is {n}")), range(50)))
    assert [answer.value["note"] for answer in found] == [str(n) for n in range(50)]
    assert [answer.account.tokens_in for answer in found] == list(range(50))


def test_names_are_hidden_on_the_way_and_put_back_where_words_are_quoted() -> None:
    """The rest of the reply keeps its placeholder."""
    note = json.dumps({"word": "hot", "note": "[name-1] called [name-2]."})
    one, model = asker(note, redaction=Redaction((words_rule("name", ["Nowak", "Meier"]),)))
    asked = question("Nowak called Meier, it is hot. meier", quoted=frozenset({"note"}))
    assert one.ask(asked).value["note"] == "Nowak called Meier."
    assert model.asked[0].turns[1].text == "[name-1] called [name-2], it is hot. [name-2]"
    assert one.ask(question("Nowak called Meier")).value["note"] == "[name-1] called [name-2]."


def test_words_of_the_schema_are_ours_and_stay() -> None:
    """A list of names that holds an id takes no id away."""
    one, model = asker(HOT, redaction=Redaction((words_rule("name", ["hot", "cold"]),)))
    one.ask(question("hot or cold? Hot!"))
    assert model.asked[0].turns[1].text == "hot or cold? [name-1]!"


def test_half_a_character_is_sent_to_nobody() -> None:
    """A log may hold one."""
    one, model = asker(HOT)
    one.ask(question("broken \ud83d"))
    model.asked[0].turns[1].text.encode()
