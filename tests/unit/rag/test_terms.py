"""Terms are stems and whole identifiers; weights follow BM25."""

from __future__ import annotations

import pytest

from rag.terms import document_vector, idf, query_vector, stem, terms


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("agreed", "agr"),
        ("plastered", "plast"),
        ("motoring", "motor"),
        ("hopping", "hop"),
        ("filing", "fil"),
        ("relational", "relat"),
        ("vibration", "vibrat"),
        ("replacement", "replac"),
        ("adjustable", "adjust"),
        ("controlling", "control"),
        ("sky", "sky"),
        ("mm", "mm"),
        ("\u00f6l", "\u00f6l"),
    ],
)
def test_stems_follow_porter(word: str, expected: str) -> None:
    """Samples of the published rules; what an English and a German ending share goes, too."""
    assert stem(word) == expected


@pytest.mark.parametrize(
    "forms",
    [
        "st\u00f6rung st\u00f6rungen stoerung",
        "ventil ventile ventilen",
        "reinigen reinigung",
        "pumpe pumpen pump pumps",
        "temperatur temperaturen temperature temperatures",
        "filter filters filtern",
        "k\u00fchler kuehler k\u00fchlern",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    """In German too, with umlauts written out, and across the languages where words are shared."""
    assert len({stem(form) for form in forms.split()}) == 1


def test_german_words_that_say_nothing_are_left_out() -> None:
    """As in English."""
    assert terms("Wie kann ich das bei dem \u00d6l tun?") == [stem("\u00f6l"), stem("tun")]


def test_identifiers_stay_whole_and_apart_from_numbers() -> None:
    """217 bar has nothing in common with E-217."""
    assert terms("E-217") == terms("E217") == ["#E217"]
    assert "#E217" not in terms("217 bar")
    assert not set(terms("E-217")) & set(terms("217 bar"))


def test_words_of_a_question_that_say_nothing_are_left_out() -> None:
    """Only what a document can hold is asked for."""
    assert terms("What do I do about it?") == []


def test_term_weights_saturate_and_shrink_with_length() -> None:
    """BM25: the second time counts less, and in a long passage less still."""

    def weight(text: str) -> float:
        vector = document_vector(text, k1=1.2, b=0.4, average=10.0)
        return dict(zip(vector.indices, vector.values, strict=True))[
            query_vector({"pump": 1.0}).indices[0]
        ]

    once, twice = weight("pump"), weight("pump pump")
    assert once < twice < 2 * once
    assert weight("pump " + "valve " * 50) < once


def test_rare_terms_weigh_more_and_none_is_negative() -> None:
    """A term in every passage is worth next to nothing, not less."""
    assert idf(100, 0) > idf(100, 1) > idf(100, 50) > idf(100, 100) > 0
