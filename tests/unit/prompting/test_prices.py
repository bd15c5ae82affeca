"""What a model's tokens cost, by a table in the settings."""

from __future__ import annotations

import pytest

from ingest.errors import SettingsFault
from prompting.prices import Price, cost_of
from prompting.settings import PromptingSettings
from service.settings import read_settings


@pytest.mark.parametrize(
    ("model", "cost"), [("gpt-5-mini", 3.0), ("gpt-4o", 30.0), ("qwen3:8b", 0.3), ("", 0.3)]
)
def test_the_first_name_that_fits_gives_the_price(model: str, cost: float) -> None:
    """A star stands for anything."""
    prices = {
        "gpt-5*": Price(input=1, output=2),
        "gpt-*": Price(input=10, output=20),
        "*": Price(input=0.1, output=0.2),
    }
    found = cost_of(prices, model, tokens_in=1_000_000, tokens_out=1_000_000)
    assert found == pytest.approx(cost)


def test_a_model_that_no_name_fits_costs_nothing() -> None:
    """As without a table."""
    assert cost_of({"a": Price(input=1)}, "b", tokens_in=9, tokens_out=9) == 0.0


def test_the_table_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON; empty is no table."""
    monkeypatch.setenv("ANDON_LLM_PRICES", '{"a*": {"input": 1.5, "output": 3}}')
    assert read_settings(PromptingSettings).llm_prices == {"a*": Price(input=1.5, output=3)}
    monkeypatch.setenv("ANDON_LLM_PRICES", " ")
    assert read_settings(PromptingSettings).llm_prices == {}


@pytest.mark.parametrize(
    "table",
    ["{", "3", '{"a": 3}', '{"a": {"input": -1}}', '{"a": {"in": 1}}', "[" * 99_999],
)
def test_a_table_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """By the name of the setting."""
    monkeypatch.setenv("ANDON_LLM_PRICES", table)
    with pytest.raises(SettingsFault, match="ANDON_LLM_PRICES"):
        read_settings(PromptingSettings)
