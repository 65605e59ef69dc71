"""One ordered list of changes, whatever becomes of the watches."""

from __future__ import annotations

from typing import Any

import pytest
from fake_reader import KINDS, FakeReader
from objects_of_a_cluster import REPLICASET_CONTROLLER, SCHEDULER, node, pod, service

from k8slab.objects import Key
from k8slab.view.recorder import Change, Recorder
from k8slab.wire import Expired, Forbidden


def told(changes: list[Change]) -> list[str]:
    """Each change in short."""
    return [f"{change.type} {change.kind}/{change.key.name}" for change in changes]


def break_by_closing(reader: FakeReader) -> None:
    reader.close_streams()


def break_by_compacting(reader: FakeReader) -> None:
    reader.close_streams()
    reader.revision += 1
    reader.compacted = reader.revision


def test_what_is_there_at_first_is_no_change(reader: FakeReader) -> None:
    recorder = Recorder(reader)

    assert recorder.pull() == []
    assert Key("", "node-1") in recorder.snapshot()["Node"]


def test_changes_of_all_kinds_come_in_one_order(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.put(service("web"))
    reader.put(pod("web-1"))
    reader.put(node("node-9"))
    reader.change("Pod", "default/web-1", spec={"nodeName": "node-9"})
    reader.delete("Service", "default/web")

    changes = recorder.pull()

    assert told(changes) == [
        "ADDED Service/web",
        "ADDED Pod/web-1",
        "ADDED Node/node-9",
        "MODIFIED Pod/web-1",
        "DELETED Service/web",
    ]
    assert [change.revision for change in changes] == sorted(change.revision for change in changes)


def test_a_change_holds_both_forms_of_its_object(reader: FakeReader) -> None:
    reader.put(pod("web-1"))
    recorder = Recorder(reader)
    reader.change("Pod", "default/web-1", spec={"nodeName": "node-1"})

    (change,) = recorder.pull()

    assert change.before is not None and change.after is not None
    assert ("nodeName" in change.before["spec"], change.after["spec"]["nodeName"]) == (False, "node-1")


def test_what_was_pulled_is_not_told_again(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.put(pod("web-1"))
    recorder.pull()

    assert recorder.pull() == []


def test_nothing_is_listed_per_picture(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.lists.clear()
    reader.put(pod("web-1"))

    recorder.pull()

    assert set(reader.lists) == {"AuditRecord"}


def test_a_quiet_cluster_is_asked_for_nothing(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.lists.clear()

    recorder.pull()

    assert reader.lists == []


def test_kinds_that_a_cluster_does_not_serve_are_left_out(reader: FakeReader) -> None:
    recorder = Recorder(reader, kinds=["Pod", "Gateway"])

    assert (recorder.is_connected, set(recorder.snapshot())) == (True, {"Pod"})


def test_a_closed_stream_goes_on_where_it_stopped(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.put(pod("web-1"))
    reader.close_streams()
    reader.put(pod("web-2"))
    reader.lists.clear()

    assert told(recorder.pull()) == ["ADDED Pod/web-1", "ADDED Pod/web-2"]
    assert "Pod" not in reader.lists


@pytest.mark.parametrize("breaks", [break_by_closing, break_by_compacting])
def test_a_broken_watch_loses_nothing(reader: FakeReader, breaks: Any) -> None:
    """Source: client-go, tools/cache/reflector.go: after 410 Gone the reflector lists anew."""
    reader.put(pod("stays"))
    reader.put(pod("goes"))
    recorder = Recorder(reader)
    reader.change("Pod", "default/stays", spec={"nodeName": "node-1"})
    reader.put(pod("comes"))
    reader.delete("Pod", "default/goes")
    breaks(reader)

    assert set(told(recorder.pull())) == {"MODIFIED Pod/stays", "ADDED Pod/comes", "DELETED Pod/goes"}
    reader.put(pod("late"))
    assert told(recorder.pull()) == ["ADDED Pod/late"]


def test_another_object_under_the_same_name_is_a_deletion_and_a_creation(reader: FakeReader) -> None:
    reader.put(pod("web-1"))
    recorder = Recorder(reader)
    reader.delete("Pod", "default/web-1")
    reader.put(pod("web-1"))
    for stream in (*reader.streams["Pod"],):
        stream.events.clear()
    break_by_compacting(reader)

    assert told(recorder.pull()) == ["DELETED Pod/web-1", "ADDED Pod/web-1"]


def test_nobody_is_named_for_a_deletion_that_was_not_seen(reader: FakeReader) -> None:
    """The revision of a list is that of somebody's last write, not of the deletion."""
    reader.put(pod("web-1"))
    recorder = Recorder(reader)
    reader.delete("Pod", "default/web-1", by=REPLICASET_CONTROLLER)
    reader.put(pod("other"), by=SCHEDULER)
    for stream in reader.streams["Pod"]:
        stream.events.clear()
    reader.close_streams()
    reader.compacted = reader.revision

    writers = {change.key.name: change.writer for change in recorder.pull()}

    assert writers == {"web-1": "", "other": "scheduler"}


def test_a_silent_server_shows_what_was_last_seen(reader: FakeReader) -> None:
    reader.put(pod("web-1"))
    recorder = Recorder(reader)
    reader.close_streams()
    reader.is_reachable = False

    changes = recorder.pull()

    assert (changes, recorder.is_connected) == ([], False)
    assert Key("default", "web-1") in recorder.snapshot()["Pod"]


def test_a_server_that_is_back_tells_what_was_missed(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.close_streams()
    reader.is_reachable = False
    recorder.pull()
    reader.is_reachable = True
    reader.put(pod("web-1"))

    assert told(recorder.pull()) == ["ADDED Pod/web-1"]
    assert recorder.is_connected


def test_a_server_that_is_down_at_first_is_asked_again(reader: FakeReader) -> None:
    reader.is_reachable = False
    recorder = Recorder(reader)
    was_connected = recorder.is_connected
    reader.is_reachable = True

    changes = recorder.pull()

    assert (was_connected, recorder.is_connected, changes) == (False, True, [])
    assert recorder.snapshot()["Node"]


def test_closing_ends_every_watch(reader: FakeReader) -> None:
    recorder = Recorder(reader, KINDS)

    recorder.close()

    streams = [stream for of_a_kind in reader.streams.values() for stream in of_a_kind]
    assert len(streams) == len(KINDS) and all(stream.is_closed for stream in streams)


@pytest.mark.parametrize(
    ("obj", "moment"),
    [
        (pod("born") | {"metadata": {"name": "born", "creationTimestamp": "2026-01-01T00:00:07Z"}}, 7.0),
        (node("unknown-age") | {"metadata": {"name": "unknown-age", "creationTimestamp": ""}}, 100.0),
    ],
)
def test_without_records_a_creation_is_as_old_as_its_object(obj: Any, moment: float) -> None:
    reader = FakeReader(has_audit=False)
    recorder = Recorder(reader)
    reader.now += 100
    reader.put(obj)

    (change,) = recorder.pull()

    assert change.time - (reader.now - 100) == moment


def test_without_records_a_change_is_as_old_as_its_newest_condition() -> None:
    reader = FakeReader(has_audit=False)
    old = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:00:50Z"}
    reader.put(pod("web-1", "node-1") | {"status": {"conditions": [old]}})
    recorder = Recorder(reader)
    reader.now += 100
    new = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:40Z"}
    reader.change("Pod", "default/web-1", status={"conditions": [old, new]})

    (change,) = recorder.pull()

    assert change.time == reader.now - 60


def test_a_server_that_calls_a_revision_too_old_is_listed(reader: FakeReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some servers answer 410 instead of a stream that begins with it."""
    recorder = Recorder(reader)
    reader.close_streams()
    reader.put(pod("web-1"))
    watch, asked = reader.watch, dict.fromkeys(KINDS, 0)

    def refusing(kind: str, **options: Any) -> Any:
        asked[kind] += 1
        if asked[kind] == 1:
            raise Expired("too old resource version")
        return watch(kind, **options)

    monkeypatch.setattr(reader, "watch", refusing)

    assert told(recorder.pull()) == ["ADDED Pod/web-1"]
    assert recorder.is_connected


def test_a_kind_that_may_no_longer_be_seen_is_not_shown(reader: FakeReader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.put(pod("web-1"))
    recorder = Recorder(reader)
    reader.close_streams()
    watch = reader.watch

    def refusing(kind: str, **options: Any) -> Any:
        if kind == "Pod":
            raise Forbidden("pods is forbidden")
        return watch(kind, **options)

    monkeypatch.setattr(reader, "watch", refusing)
    hidden = recorder.pull(), "Pod" in recorder.snapshot(), recorder.is_connected
    monkeypatch.setattr(reader, "watch", watch)

    assert hidden == ([], False, True)
    assert recorder.pull() == [] and "Pod" in recorder.snapshot()


def test_another_server_counts_anew_and_nobody_is_named_for_what_it_wrote(reader: FakeReader) -> None:
    reader.put(pod("web-1"))
    reader.put(pod("web-2"), REPLICASET_CONTROLLER)
    recorder = Recorder(reader)
    reader.put(pod("web-3"), REPLICASET_CONTROLLER)
    recorder.pull()
    fresh = FakeReader(has_audit=False)
    fresh.put(pod("web-2"))
    reader.close_streams()
    reader.__dict__.update(fresh.__dict__, compacted=1_000)

    changes = recorder.pull()

    assert set(recorder.snapshot()["Pod"]) == {Key("default", "web-2")}
    assert {change.writer for change in changes} == {""}
    assert "ADDED Pod/web-2" in told(changes) and "DELETED Pod/web-2" in told(changes)


def test_when_nobody_answers_one_kind_is_asked_for_all(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.close_streams()
    reader.is_reachable = False
    asked: list[str] = []
    reader._answer = lambda kind: asked.append(kind) or FakeReader._answer(reader, kind)  # type: ignore[func-returns-value,method-assign,assignment]

    recorder.pull()

    assert len(asked) == 1 and not recorder.is_connected
