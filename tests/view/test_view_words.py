"""The same texts in both languages."""

from __future__ import annotations

from string import Formatter

import pytest

from k8slab.view.states import STATES
from k8slab.view.words import _EN, _KO, Words


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    """A text for exactly one (`.one`) is English grammar alone."""
    assert {key for key in _EN if not key.endswith(".one")} == set(_KO)


@pytest.mark.parametrize("key", _KO)
def test_both_languages_fill_the_same_blanks(key: str) -> None:
    assert blanks(_EN[key]) == blanks(_KO[key])


@pytest.mark.parametrize("key", [key for key in _EN if key.endswith(".one")])
def test_the_text_for_one_stands_beside_a_text_for_many(key: str) -> None:
    many = _EN[key.removesuffix(".one")]

    assert blanks(many) - blanks(_EN[key]) == {"n"}


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_state_has_a_name(lang: str) -> None:
    assert all(Words(lang)(state) for state in STATES)


def test_a_language_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match='unknown language "fr"; there are: en, ko'):
        Words("fr")


@pytest.mark.parametrize(
    ("lang", "n", "text"),
    [("en", 1, "1 restart"), ("en", 2, "2 restarts"), ("en", 0, "0 restarts"), ("ko", 1, "재시작 1번")],
)
def test_one_has_a_text_of_its_own_where_grammar_asks_for_it(lang: str, n: int, text: str) -> None:
    assert Words(lang)("restarts", n=n) == text


@pytest.mark.parametrize(
    ("kind", "n", "text"),
    [
        ("Pod", 1, "1 Pod"),
        ("Pod", 1500, "1,500 Pods"),
        ("Ingress", 2, "2 Ingresses"),
        ("NetworkPolicy", 2, "2 NetworkPolicies"),
        ("StorageClass", 2, "2 StorageClasses"),
    ],
)
def test_kinds_have_english_plurals(kind: str, n: int, text: str) -> None:
    """Source: kubernetes.io, "Kubernetes API", the plural names of resources."""
    assert Words("en").count(kind, n) == text


@pytest.mark.parametrize(
    ("lang", "items", "text"),
    [
        ("en", [], ""),
        ("en", ["a"], "a"),
        ("en", ["a", "b"], "a and b"),
        ("en", ["a", "b", "c"], "a, b and c"),
        ("ko", ["a", "b", "c"], "a, b, c"),
    ],
)
def test_a_list_reads_as_a_sentence(lang: str, items: list[str], text: str) -> None:
    assert Words(lang).listed(items) == text
