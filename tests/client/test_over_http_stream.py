"""Lines of a watch, however they are cut on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from k8slab.client.over_http import LineStream

LINE = json.dumps({"type": "ADDED", "object": {"metadata": {"name": "a"}}}).encode() + b"\n"


class Answer:
    """An answer that brings these parts, then ends or breaks."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self.parts = parts

    def stream(self, _: int, decode_content: bool) -> Iterator[bytes]:
        """Part by part."""
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    def close(self) -> None:
        """Hang up."""

    release_conn = shutdown = close


def read(*parts: bytes | Exception) -> tuple[list[str], list[bool]]:
    """The names that arrived, and whether the end was a break."""
    ends: list[bool] = []
    stream = LineStream(Answer(*parts), lambda _, is_broken: ends.append(is_broken), lambda: None)
    stream._thread.join()
    assert stream.is_closed
    return [event.object["metadata"]["name"] for event in stream.pull()], ends


@pytest.mark.parametrize(
    ("parts", "names", "is_broken"),
    [
        ([LINE], ["a"], False),
        ([LINE + LINE, LINE], ["a", "a", "a"], False),
        ([LINE[:7], LINE[7:] + LINE[:3], LINE[3:]], ["a", "a"], False),
        ([LINE, b"\n", LINE], ["a", "a"], False),
        ([], [], False),
        ([LINE, LINE[:9]], ["a"], True),
        ([LINE, OSError("reset")], ["a"], True),
        ([LINE, b"no json\n"], ["a"], True),
    ],
)
def test_whole_lines_arrive_and_a_broken_end_is_told(parts: Any, names: list[str], is_broken: bool) -> None:
    assert read(*parts) == (names, [is_broken])


def test_what_was_pulled_is_not_told_again() -> None:
    stream = LineStream(Answer(LINE), lambda *_: None, lambda: None)
    stream._thread.join()

    assert [len(stream.pull()), len(stream.pull())] == [1, 0]


def test_whoever_waits_is_woken_by_what_has_come_already() -> None:
    woken: list[bool] = []
    stream = LineStream(Answer(LINE), lambda *_: None, lambda: None)
    stream._thread.join()

    stream.on_arrival(lambda: woken.append(stream.is_closed))

    assert woken == [True]
