"""What must not leave the machine is hidden, by rules that a plant writes itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SettingsFault
from prompting.redaction import Masks, Rule, words_rule
from prompting.redaction_file import SHIPPED, read_redaction
from prompting.settings import PromptingSettings
from prompting.writers.choice import redaction_of

GOOD = """\
built_in = ["email"]

[[rules]]
name = "badge"
pattern = '\\bP-?\\d{5}\\b'

[[rules]]
name = "name"
words_file = "names.txt"

[[rules]]
name = "firm"
words = ["Acme Hydraulik"]
"""
NAMES = "# our people\nMüller\nWeiß\nvon der Heide   # two shifts\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of rules with a list of names beside it."""
    (tmp_path / "names.txt").write_text(NAMES, encoding="utf-8")
    file = tmp_path / "redact.toml"
    file.write_text(GOOD, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("words", "hidden"),
    [
        ("Call Müller!", "Call [name-1]!"),
        ("MUELLER and mueller's key, Müllers key", "[name-1] and [name-2] key, [name-3] key"),
        ("Herr Mu\u0308ller", "Herr [name-1]"),
        ("WEISS was here", "[name-1] was here"),
        ("von  der\nHeide", "[name-1]"),
        ("müllerei, Schmiedemüller", "müllerei, Schmiedemüller"),
        ("badge P12345 of p-12345 or P-12345", "badge [badge-1] of p-12345 or [badge-2]"),
        ("a.b@plant.example", "[email-1]"),
        ("acme hydraulik's hose", "[firm-1] hose"),
        ("P12345 P12345", "[badge-1] [badge-1]"),
        ("[name-1] typed by Müller", "(name-1) typed by [name-1]"),
    ],
)
def test_what_the_rules_name_is_hidden(path: Path, words: str, hidden: str) -> None:
    """In any case, with umlauts written either way; the same words get the same placeholder."""
    assert read_redaction(path).masks().hide(words) == hidden


@pytest.mark.parametrize(
    "number",
    ["+49 171 2345678", "0171 2345678", "0171-234 56 78", "+49 (0)7131/123-456", "0049 7131 12345"],
)
def test_telephone_numbers_are_hidden(number: str) -> None:
    """As people write them."""
    assert SHIPPED.masks().hide(f"call {number}, quick") == "call [phone-1], quick"


@pytest.mark.parametrize(
    "words",
    [
        "2026-11-22 09:00",
        "01.02.2026 08:15",
        "01/02/2026 0815",
        "E217 at 65.0 degC, 160 bar",
        "0.123456789",
        "part 1234567890",
        "order 2026/0012345",
        "12:00 03 up",
    ],
)
def test_figures_and_times_are_no_telephone_numbers(words: str) -> None:
    """Nor are part numbers that begin with another digit."""
    assert SHIPPED.masks().hide(words) == words


def test_words_come_back_only_in_the_fields_that_quote() -> None:
    """At any depth below them; a placeholder that was never given stays."""
    masks = Masks((words_rule("name", ["Nowak"]),))
    masks.hide("Nowak")
    found = {
        "text": "[name-1]",
        "parts": [{"quote": ["[name-1] [name-7]"], "text": "[name-1]"}, 3],
    }
    assert masks.restore(found, {"quote"}) == {
        "text": "[name-1]",
        "parts": [{"quote": ["Nowak [name-7]"], "text": "[name-1]"}, 3],
    }


def test_matches_that_overlap_are_hidden_together() -> None:
    """Nothing of either is left."""
    rules = (Rule("a", regex.compile("one two")), Rule("b", regex.compile("two three")))
    assert Masks(rules).hide("zero one two three four") == "zero [a-1] four"


def test_a_rule_does_not_see_placeholders() -> None:
    """Digits are hidden, but not those that we put there."""
    rules = (words_rule("name", ["Nowak"]), Rule("digits", regex.compile(r"\d")))
    assert Masks(rules).hide("Nowak 7") == "[name-1] [digits-1]"


def test_a_rule_that_takes_too_long_withholds_the_whole_text() -> None:
    """It fails closed."""
    slow = Rule("slow", regex.compile(r"(a|aa)+$"))
    assert Masks((slow,)).hide("a" * 200 + "b") == "[withheld-1]"


@given(st.text(max_size=200))
def test_no_text_breaks_it(words: str) -> None:
    """And hiding leaves no address behind."""
    hidden = SHIPPED.masks().hide(f"{words} a.b@plant.example")
    assert "plant.example" not in hidden


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ('["email"]', '["emails"]', 1, "email"),
        ('name = "badge"', 'name = "Badge 1"', 4, "name"),
        ("pattern = ", "patern = ", 5, "patern"),
        ("'\\bP-?\\d{5}\\b'", "'(P'", 5, "no regular expression"),
        ("'\\bP-?\\d{5}\\b'", "'P*'", 5, "everywhere"),
        ("names.txt", "nobody.txt", 9, "cannot be read"),
        ('words = ["Acme Hydraulik"]', "words = []", 13, "words"),
        ('words = ["Acme Hydraulik"]', 'words = ["a"]', 13, "2 characters"),
        ('name = "firm"', 'name = "firm', 12, "Faults"),
        ('name = "firm"', 'name = "withheld"', 11, "withheld"),
    ],
)
def test_a_fault_is_named_by_file_and_line(
    path: Path, old: str, new: str, line: int, word: str
) -> None:
    """With the setting to correct."""
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsFault, match="ANDON_LLM_REDACT_FILE") as fault:
        read_redaction(path)
    assert f"{path}:{line}: " in str(fault.value)
    assert word in str(fault.value)


def test_all_faults_are_named_at_once(path: Path) -> None:
    """Of the rules and of their lists."""
    (path.parent / "names.txt").write_text("Müller\nx\n", encoding="utf-8")
    path.write_text(GOOD.replace("'\\bP-?\\d{5}\\b'", "'(P'"), encoding="utf-8")
    with pytest.raises(SettingsFault) as fault:
        read_redaction(path)
    assert f"{path}:5: " in str(fault.value)
    assert f"{path.parent / 'names.txt'}:2: " in str(fault.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Text in another encoding, or no file."""
    path = tmp_path / "redact.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsFault, match=r"redact\.toml cannot be read"):
        read_redaction(path)


@pytest.mark.parametrize(
    ("when", "url", "hides"),
    [
        ("always", "http://127.0.0.1:1/v1", True),
        ("remote", "http://127.0.0.1:1/v1", False),
        ("remote", "http://localhost:1/v1", False),
        ("remote", "http://[::1]:1/v1", False),
        ("remote", "http://10.0.0.7:1/v1", True),
        ("remote", "http://localhost.evil.example/v1", True),
        ("never", "https://far.example/v1", False),
    ],
)
def test_the_settings_say_from_whom(when: str, url: str, *, hides: bool) -> None:
    """From a model on this machine too, unless set otherwise."""
    settings = PromptingSettings.model_validate({"llm_redact": when, "llm_url": url})
    assert bool(redaction_of(settings).rules) is hides


def test_the_file_is_checked_even_where_it_is_not_used(path: Path) -> None:
    """So that a fault shows at the start and not when it is needed."""
    path.write_text("rules = 3")
    with pytest.raises(SettingsFault):
        redaction_of(PromptingSettings(llm_redact="never", llm_redact_file=path))
