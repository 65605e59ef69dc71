"""The audit record as plain values, asked for what is new only."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.client import ObjectList
from k8slab.view.calls import PAGE, read_calls
from k8slab.wire import BadRequest, Forbidden, NotFound, ServiceUnavailable

Obj = dict[str, Any]


def record(number: int, revision: int = 0, code: int = 200) -> Obj:
    version = {"resourceVersion": str(revision)} if revision else {}
    spec = {"user": "system:kube-scheduler", "verb": "create", "time": "2026-01-01T00:00:01.500000Z", "code": code}
    return {"metadata": {"name": f"call-{number}", **version}, "spec": spec}


class Record:
    """A reader of a record that grows; it notes from where it was asked."""

    def __init__(self, count: int = 0) -> None:
        self.records = [record(n + 1) for n in range(count)]
        self.asked: list[str] = []
        self.error: Exception | None = None

    def list(self, kind: str, *, limit: int, continue_: str) -> ObjectList:
        self.asked.append(continue_)
        if self.error is not None:
            raise self.error
        items = self.records[int(continue_ or 0) : int(continue_ or 0) + limit]
        last = int(continue_ or 0) + len(items)
        return ObjectList(items, {"resourceVersion": str(len(self.records)), "continue": str(last)})


def numbers(reader: Record) -> list[int]:
    calls = read_calls(reader)  # type: ignore[arg-type]
    assert calls is not None
    return [call.number for call in calls]


def test_a_call_has_a_short_name_a_moment_and_says_whether_it_wrote() -> None:
    reader = Record()
    reader.records = [record(1, 7), record(2), record(3, 8, 409)]

    calls = read_calls(reader)  # type: ignore[arg-type]

    assert calls is not None
    assert [(call.who, call.when % 60, call.is_write) for call in calls] == [
        ("scheduler", 1.5, True),
        ("scheduler", 1.5, False),
        ("scheduler", 1.5, False),
    ]


def test_all_pages_are_read_and_none_twice() -> None:
    reader = Record(PAGE + 3)

    assert numbers(reader) == list(range(1, PAGE + 4))
    reader.records.append(record(PAGE + 4))
    assert numbers(reader)[-1] == PAGE + 4
    assert reader.asked == ["", str(PAGE), str(PAGE + 3)]


def test_a_record_that_has_begun_anew_is_read_anew() -> None:
    reader = Record(5)
    numbers(reader)
    reader.records = [record(1), record(2)]

    assert numbers(reader) == [1, 2]


def test_a_place_to_go_on_from_that_is_refused_is_forgotten() -> None:
    reader = Record(2)
    numbers(reader)
    reader.error = BadRequest("bad token")

    assert read_calls(reader) is None  # type: ignore[arg-type]
    assert reader.asked == ["", "2", ""]


@pytest.mark.parametrize("error", [NotFound("no"), Forbidden("no")])
def test_where_there_is_no_record_there_is_nothing(error: Exception) -> None:
    reader = Record()
    reader.error = error

    assert read_calls(reader) is None  # type: ignore[arg-type]


def test_silence_is_not_the_lack_of_a_record() -> None:
    reader = Record()
    reader.error = ServiceUnavailable("down")

    with pytest.raises(ServiceUnavailable):
        read_calls(reader)  # type: ignore[arg-type]
