"""Who wrote a change: the audit record first, managedFields without one, nobody when nobody knows."""

from __future__ import annotations

from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import SCHEDULER, node, pod

from k8slab.client import ObjectList
from k8slab.view.recorder import Recorder
from k8slab.view.writers import Origin, Writers, component_of, friendly_name
from k8slab.wire import BadRequest, Expired, NotFound, ServiceUnavailable

Obj = dict[str, Any]
AT_10_S, AT_20_S = "2026-01-01T00:00:10Z", "2026-01-01T00:00:20Z"
NEW_YEAR = 1_767_225_600.0


def entry(manager: str, time: str, *parts: str) -> Obj:
    """One entry of managedFields, that owns something below each of `parts`."""
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": {f"f:{part}": {} for part in parts}}


def managed(obj: Obj, *entries: Obj) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], "managedFields": list(entries)}}


def record(revision: int, user: str, code: int = 200) -> Obj:
    """One audit record of the second 10."""
    return {"metadata": {"resourceVersion": str(revision)}, "spec": {"user": user, "time": AT_10_S, "code": code}}


class Audit:
    """A reader that answers each list with the next of `answers`, and notes the cursor that was asked for."""

    def __init__(self, *answers: Any) -> None:
        self.cursors: list[str] = []
        self._answers = list(answers)

    def list(self, kind: str, *, continue_: str = "") -> ObjectList:
        self.cursors.append(continue_)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]


def page(*records: Obj, cursor: str = "", remaining: int = 0) -> ObjectList:
    return ObjectList(records, {"continue": cursor, "remainingItemCount": remaining})


def test_the_audit_record_names_the_writer_and_the_moment(reader: FakeReader) -> None:
    reader.put(pod("web-1"))
    recorder = Recorder(reader)
    reader.now += 0.25
    reader.change("Pod", "default/web-1", SCHEDULER, spec={"nodeName": "node-1"})

    (change,) = recorder.pull()

    assert (change.writer, change.time) == ("scheduler", reader.now)


def test_the_audit_record_goes_before_managed_fields(reader: FakeReader) -> None:
    recorder = Recorder(reader)
    reader.put(managed(pod("web-1"), entry("kubectl", AT_10_S, "spec")), SCHEDULER)

    (change,) = recorder.pull()

    assert change.writer == "scheduler"


def test_managed_fields_tell_where_there_is_no_audit_record() -> None:
    reader = FakeReader(has_audit=False)
    recorder = Recorder(reader)
    reader.put(managed(pod("web-1"), entry("kube-scheduler", AT_10_S, "spec")))

    (change,) = recorder.pull()

    assert (change.writer, change.time) == ("scheduler", NEW_YEAR + 10)


def test_nobody_is_named_where_nobody_knows() -> None:
    reader = FakeReader(has_audit=False)
    reader.put(pod("old"))
    recorder = Recorder(reader)
    reader.put(pod("web-1"))
    reader.delete("Pod", "default/old")

    assert [change.writer for change in recorder.pull()] == ["", ""]


@pytest.mark.parametrize(
    ("manager", "obj", "writer"),
    [
        ("kubectl-client-side-apply", pod("web-1"), "you"),
        ("kubectl", pod("web-1"), "you"),
        ("kubelet", pod("web-1", "node-1"), "kubelet node-1"),
        ("kubelet", node("node-1"), "kubelet node-1"),
        ("kubelet", pod("web-1"), "kubelet"),
        ("kube-controller-manager", pod("web-1"), "controller-manager"),
        ("Helm", pod("web-1"), "Helm"),
    ],
)
def test_managers_have_the_names_of_writers(manager: str, obj: Obj, writer: str) -> None:
    after = managed(obj, entry(manager, AT_10_S, "spec"))

    assert Writers(FakeReader()).origin_of(None, after, 1).writer == writer  # type: ignore[arg-type]


def test_the_entry_that_owns_what_has_changed_is_the_writer_s() -> None:
    before = managed(pod("web-1", "node-1"), entry("kubectl", AT_10_S, "spec"))
    spec, status = entry("kubectl", AT_20_S, "metadata"), entry("kubelet", AT_20_S, "status")
    after = managed(pod("web-1", "node-1", "Failed"), spec, status)

    assert Writers(FakeReader()).origin_of(before, after, 1).writer == "kubelet node-1"  # type: ignore[arg-type]


def test_an_entry_that_was_there_before_has_written_nothing() -> None:
    old = entry("kubectl", AT_20_S, "status")
    before = managed(pod("web-1", "node-1"), old)
    after = managed(pod("web-1", "node-1", "Failed"), old, entry("kubelet", AT_10_S, "status"))

    assert Writers(FakeReader()).origin_of(before, after, 1).writer == "kubelet node-1"  # type: ignore[arg-type]


def test_the_newest_entry_wins() -> None:
    after = managed(pod("web-1"), entry("Helm", AT_10_S, "spec"), entry("kubectl", AT_20_S, "spec"))

    assert Writers(FakeReader()).origin_of(None, after, 1) == Origin("you", NEW_YEAR + 20)  # type: ignore[arg-type]


def test_a_refused_write_has_written_nothing() -> None:
    writers = Writers(Audit(page(record(7, "kubernetes-admin", 409))))  # type: ignore[arg-type]
    writers.refresh()

    assert writers.origin_of(None, pod("web-1"), 7) == Origin("", 0.0)


def test_all_pages_are_read_and_none_twice() -> None:
    first, second = page(record(1, "a"), cursor="one", remaining=1), page(record(2, "b"), cursor="two")
    audit = Audit(first, second, page(record(3, "c"), cursor="three"))
    writers = Writers(audit)  # type: ignore[arg-type]

    writers.refresh()
    writers.refresh()

    assert audit.cursors == ["", "one", "two"]
    assert [writers.origin_of(None, pod("x"), revision).writer for revision in (1, 2, 3)] == ["a", "b", "c"]


@pytest.mark.parametrize("refusal", [BadRequest("bad cursor"), Expired("too old")])
def test_a_cursor_that_is_too_old_is_forgotten(refusal: Exception) -> None:
    audit = Audit(page(record(1, "a"), cursor="one"), refusal, page(record(2, "b"), cursor="two"))
    writers = Writers(audit)  # type: ignore[arg-type]
    writers.refresh()

    writers.refresh()

    assert audit.cursors == ["", "one", ""]
    assert writers.origin_of(None, pod("x"), 2).writer == "b"


@pytest.mark.parametrize(
    ("refusal", "questions"), [(NotFound("no"), 1), (BadRequest("no"), 1), (ServiceUnavailable("down"), 2)]
)
def test_only_a_server_without_audit_records_is_not_asked_again(refusal: Exception, questions: int) -> None:
    audit = Audit(refusal, refusal)
    writers = Writers(audit)  # type: ignore[arg-type]

    writers.refresh()
    writers.refresh()

    assert len(audit.cursors) == questions


@pytest.mark.parametrize(
    ("user", "writer", "component"),
    [
        ("kubernetes-admin", "you", "you"),
        ("system:kube-scheduler", "scheduler", "scheduler"),
        ("system:apiserver", "api-server", "api-server"),
        ("system:kube-controller-manager", "controller-manager", "controller-manager"),
        ("system:node:node-1", "kubelet node-1", "node/node-1"),
        ("system:kube-proxy", "kube-proxy", "kube-proxy"),
        ("system:anonymous", "anonymous", "anonymous"),
        ("jane", "jane", "jane"),
        ("", "", ""),
    ],
)
def test_users_of_the_api_have_short_names_and_a_place(user: str, writer: str, component: str) -> None:
    """Source: kubernetes.io, "Using RBAC Authorization", "Core component roles"."""
    assert (friendly_name(user), component_of(friendly_name(user))) == (writer, component)


@pytest.mark.parametrize(
    "account",
    [
        "deployment-controller",
        "generic-garbage-collector",
        "horizontal-pod-autoscaler",
        "root-ca-cert-publisher",
        "persistent-volume-binder",
    ],
)
def test_controllers_belong_to_their_manager(account: str) -> None:
    """Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go, the names of controller roles."""
    name = friendly_name(f"system:serviceaccount:kube-system:{account}")

    assert (name, component_of(name)) == (account, "controller-manager")
