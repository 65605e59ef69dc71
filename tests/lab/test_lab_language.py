"""Which language a notebook speaks, and that both say the same."""

from __future__ import annotations

from string import Formatter

import pytest

from k8slab.lab import LANGUAGES, Lab, language_of_notebook
from k8slab.lab.words import WORDS, say


@pytest.mark.parametrize(
    ("path", "chosen", "lang"),
    [
        ("", "", "en"),
        ("/home/me/notebooks/ko/00_start.ipynb", "", "ko"),
        ("notebooks/ko/00_start.ipynb", "", "ko"),
        ("/home/me/notebooks/en/00_start.ipynb", "", "en"),
        ("/home/me/ko.ipynb", "", "en"),
        ("ko", "", "en"),
        ("/home/korea/00_start.ipynb", "", "en"),
        ("/home/me/notebooks/ko/00_start.ipynb", "en", "en"),
        ("/home/me/notebooks/en/00_start.ipynb", "ko", "ko"),
        ("/home/me/notebooks/ko/00_start.ipynb", "fr", "ko"),
    ],
)
def test_the_folder_decides_unless_somebody_has_chosen(
    monkeypatch: pytest.MonkeyPatch, path: str, chosen: str, lang: str
) -> None:
    """Source: ipykernel and jupyter_server, JPY_SESSION_NAME: the path of the notebook."""
    monkeypatch.setenv("JPY_SESSION_NAME", path)
    monkeypatch.setenv("K8SLAB_LANG", chosen)

    assert language_of_notebook() == lang


def test_a_lab_speaks_the_language_of_its_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/notebooks/ko/00_start.ipynb")

    assert Lab(1).picture().text == "Node 2개 중 2개 Ready; Pod 없음"
    assert Lab(1, lang="en").picture().text == "2 of 2 Nodes Ready; no Pods"


def test_there_are_texts_for_every_language() -> None:
    assert set(WORDS) == set(LANGUAGES)


def test_both_languages_have_the_same_texts() -> None:
    assert set(WORDS["en"]) == set(WORDS["ko"])


@pytest.mark.parametrize("key", WORDS["en"])
def test_both_languages_fill_the_same_blanks(key: str) -> None:
    blanks = [{name for _, name, _, _ in Formatter().parse(WORDS[lang][key]) if name} for lang in LANGUAGES]

    assert blanks[0] == blanks[1]


def test_a_text_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("en", "nonsense")
