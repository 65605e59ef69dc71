"""The map of the course: what builds on what, where to go next, and what has been done."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import networkx
import pytest

from k8slab.lab import LANGUAGES, Course
from k8slab.lab.course import Progress, keep_score
from k8slab.lab.course.map import BOX_H, BOX_W, middle
from k8slab.lab.course.progress import Score

FIRST, SECOND, THIRD = "00_the_whole_picture", "01_push_or_watch", "02_watch_not_listen"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (FIRST, THIRD):
        (tmp_path / f"{name}.ipynb").write_text("{}")
    return tmp_path


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "home" / "progress.json")


def test_every_lesson_builds_on_earlier_ones_and_all_on_the_first() -> None:
    graph = Course("en").graph()

    assert len(graph) == 25 and list(graph) == sorted(graph)
    assert all(before < after for before, after in graph.edges)
    assert networkx.descendants(graph, FIRST) == set(graph) - {FIRST}


def test_boxes_stand_below_what_they_build_on_and_touch_nobody() -> None:
    middles = {one.name: middle(one) for one in Course("en").lessons}

    assert all(middles[a][1] + BOX_H < middles[b][1] for a, b in Course("en").graph().edges)
    assert all(abs(x - u) > BOX_W or abs(y - v) > BOX_H for (x, y), (u, v) in combinations(middles.values(), 2))
    assert max(x for x, _ in middles.values()) + BOX_W / 2 < 1000


def test_only_what_is_there_can_be_opened(folder: Path, progress: Progress) -> None:
    shown = Course("en", folder, progress)._repr_mimebundle_()

    assert re.findall(r'href="([^"]+)"', shown["text/html"]) == [f"{FIRST}.ipynb", f"{THIRD}.ipynb"]
    assert "01 Push or watch (in preparation)" in shown["text/plain"]


def test_the_next_lesson_is_the_first_that_is_open(folder: Path, progress: Progress) -> None:
    def name_of_next() -> str | None:
        lesson = Course("en", folder, progress).next()
        return lesson and lesson.name

    before = name_of_next()
    progress.keep(FIRST, Score(2.5, 4))
    after = name_of_next()
    progress.keep(THIRD, Score(0, 3))

    assert (before, after, name_of_next()) == (FIRST, THIRD, None)


def test_what_was_done_is_on_the_map(folder: Path, progress: Progress) -> None:
    progress.keep(FIRST, Score(2.5, 4))

    shown = Course("ko", folder, progress)._repr_mimebundle_()["text/plain"]

    assert "노트북 2개 가운데 1개를 마쳤습니다" in shown
    assert "✓ 00 전체 그림 (적중 2.5/4)" in shown


def test_progress_is_kept_for_its_reader_alone(progress: Progress) -> None:
    progress.keep(FIRST, Score(1, 3))
    progress.keep(SECOND, Score(2, 2))

    assert progress.scores() == {FIRST: Score(1, 3), SECOND: Score(2, 2)}
    assert progress.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", '{"00": 3}', '{"00": ["a", "b"]}', "\x00"])
def test_a_file_that_cannot_be_read_is_no_progress(progress: Progress, text: str) -> None:
    progress.path.parent.mkdir()
    progress.path.write_text(text)

    assert progress.scores() == {}


def test_a_home_that_cannot_be_written_to_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    progress = Progress(tmp_path / "home" / "progress.json")

    progress.keep(FIRST, Score(1, 1))

    assert progress.scores() == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_lesson_has_a_title_of_its_own(lang: str) -> None:
    titles = [lesson.title for lesson in Course(lang).lessons]

    assert len(set(titles)) == 25 and all(titles)


def test_a_language_that_nobody_speaks_here_is_refused() -> None:
    with pytest.raises(ValueError, match="the course speaks en and ko, not 'fr'"):
        Course("fr")


@pytest.mark.parametrize(
    ("notebook", "asked", "kept"),
    [
        (f"notebooks/ko/{FIRST}.ipynb", 4, {FIRST: Score(1.5, 4)}),
        (f"{FIRST}.ipynb", 0, {}),
        ("notebooks/my_own.ipynb", 4, {}),
        ("", 4, {}),
    ],
)
def test_only_a_notebook_of_the_course_that_asked_something_is_done(
    monkeypatch: pytest.MonkeyPatch, progress: Progress, notebook: str, asked: int, kept: dict[str, Score]
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", notebook)
    monkeypatch.setenv("K8SLAB_PROGRESS", str(progress.path))

    keep_score(1.5, asked)

    assert progress.scores() == kept
