"""The map of the course: notebooks as a graph of what builds on what.

    k8slab.Course()

shows it, with a link to each notebook and what the reader has done so far.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from k8slab.lab.course.progress import Progress, Score
from k8slab.lab.language import LANGUAGES, language_of_notebook

if TYPE_CHECKING:
    from networkx import DiGraph

__all__ = ["Course", "Lesson", "course_of", "keep_score"]


class Lesson(NamedTuple):
    """One notebook: its file's name without ending, title, minutes to read, and the lessons it builds on.

    `at` is the row and column of its box on the map.
    """

    name: str
    title: str
    minutes: int
    after: tuple[str, ...]
    at: tuple[float, float]
    is_there: bool  # it can be opened; else it is in preparation

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.name[:2]


class Course:
    """The lessons in their order, in one language, as seen from a folder of notebooks.

    `folder` is where the notebooks of this language lie; without it, that of the notebook that asks.
    """

    def __init__(self, lang: str = "", folder: Path | None = None, progress: Progress | None = None) -> None:
        self.lang = lang or language_of_notebook()
        self.folder = folder or Path.cwd()
        self.lessons = course_of(self.lang, self.folder)
        self.scores: dict[str, Score] = (progress or Progress()).scores()

    def graph(self) -> DiGraph:
        """A networkx graph of lessons by name; an edge leads to what builds on it."""
        from networkx import DiGraph

        graph = DiGraph()
        graph.add_nodes_from(lesson.name for lesson in self.lessons)
        graph.add_edges_from((before, lesson.name) for lesson in self.lessons for before in lesson.after)
        return graph

    def next(self) -> Lesson | None:
        """The first lesson that is there and not done yet; None when all are."""
        return next((one for one in self.lessons if one.is_there and one.name not in self.scores), None)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from k8slab.lab.course.map import html, text

        return {"text/plain": text(self), "text/html": html(self)}


def course_of(lang: str, folder: Path) -> list[Lesson]:
    """The lessons with their titles in a language."""
    if lang not in LANGUAGES:
        raise ValueError(f"the course speaks {' and '.join(LANGUAGES)}, not {lang!r}")
    there = {path.stem for path in folder.glob("[0-9]*.ipynb")}
    return [
        Lesson(one["name"], one[lang], one["minutes"], tuple(one["after"]), tuple(one["at"]), one["name"] in there)
        for one in _entries()
    ]


def keep_score(points: float, asked: int) -> None:
    """Note that the notebook this kernel belongs to is done; one that is none of the course leaves no trace."""
    notebook = PurePath(os.environ.get("JPY_SESSION_NAME", "")).stem
    if asked and notebook in {entry["name"] for entry in _entries()}:
        Progress().keep(notebook, Score(points, asked))


@cache
def _entries() -> list[dict[str, Any]]:
    return list(yaml.safe_load(Path(__file__).with_name("course.yaml").read_text("utf-8")))
