"""Whatever is written in whatever order: no shared object changes, and every watch retells the lists."""

from __future__ import annotations

from typing import Any, NamedTuple

from api_bench import ApiBench, FrozenStore, Obj, sample
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from k8slab.objects import freeze, thaw
from k8slab.wire import Response, Stream

KINDS = st.sampled_from(["ConfigMap", "Deployment", "Pod", "Service"])
NAMES = st.sampled_from("ab")
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["x", "y"]), max_size=2)
FINALIZERS = st.sampled_from([None, ["shop.example/hold"]])
VERSIONS = st.sampled_from(["newest", "stale", "none"])
PATCHES = st.sampled_from(["merge", "strategic-merge"])
SELECTORS = st.sampled_from(["", "app", "app=x", "!tier", "app=x,tier=y"])
DELETIONS = st.sampled_from(
    [{}, {"gracePeriodSeconds": 0}, {"propagationPolicy": "Foreground"}, {"propagationPolicy": "Background"}]
)


class Reader(NamedTuple):
    """A watch, what it was opened for, and what it has told so far, by name."""

    kind: str
    selector: str
    stream: Stream
    known: dict[str, Obj]

    def catch_up(self) -> None:
        """Take in what has arrived, which must be possible after what is known, and newer."""
        for type_, obj in self.stream.pull():
            name = obj["metadata"]["name"]
            assert (type_ == "ADDED") == (name not in self.known), type_
            assert type_ == "ADDED" or version(obj) > version(self.known[name])
            if type_ == "DELETED":
                del self.known[name]
            else:
                self.known[name] = obj


def version(obj: Obj) -> int:
    return int(obj["metadata"]["resourceVersion"])


class AnyWrites(RuleBasedStateMachine):
    """Random writes by several hands, with readers who come at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.api = ApiBench(FrozenStore)
        self.seen: list[tuple[Obj, Obj]] = []
        self.readers: list[Reader] = []

    def send(self, verb: str, kind: str, name: str = "", **fields: Any) -> Response:
        """Send a request whose body nobody may change, and remember the answer as it is now."""
        answer = self.api.send(verb, kind, name, **{**fields, "body": freeze(fields.get("body"))})
        assert answer.code in (200, 201, 404, 409, 422), answer.body
        self.seen.append((answer.body, thaw(answer.body)))
        return answer

    @rule(kind=KINDS, name=NAMES, labels=LABELS, finalizers=FINALIZERS)
    def create(self, kind: str, name: str, labels: dict[str, str], finalizers: list[str] | None) -> None:
        obj = sample(kind, name, labels=labels)
        obj["metadata"]["finalizers"] = finalizers
        self.send("create", kind, body=obj)

    @rule(kind=KINDS, name=NAMES, labels=LABELS, which=VERSIONS)
    def update(self, kind: str, name: str, labels: dict[str, str], which: str) -> None:
        found = self.send("get", kind, name).body
        if found["kind"] == "Status":
            return
        numbers = {"newest": found["metadata"]["resourceVersion"], "stale": "1", "none": ""}
        metadata = {**found["metadata"], "labels": labels, "resourceVersion": numbers[which]}
        answer = self.send("update", kind, name, body={**found, "metadata": metadata})
        assert (answer.code == 409) == (which == "stale")

    @rule(kind=KINDS, name=NAMES, labels=LABELS, finalizers=FINALIZERS, type=PATCHES)
    def patch(self, kind: str, name: str, labels: Obj, finalizers: list[str] | None, type: str) -> None:
        patch = {"metadata": {"labels": {"app": None, **labels}, "finalizers": finalizers}}
        self.send("patch", kind, name, body=patch, content_type=f"application/{type}-patch+json")

    @rule(name=NAMES, replicas=st.integers(-1, 3), subresource=st.sampled_from(["", "scale"]))
    def scale(self, name: str, replicas: int, subresource: str) -> None:
        patch, type_ = {"spec": {"replicas": replicas}}, "application/merge-patch+json"
        answer = self.send("patch", "Deployment", name, body=patch, content_type=type_, subresource=subresource)
        assert replicas >= 0 or answer.code in (404, 422)

    @rule(kind=st.sampled_from(["Deployment", "Pod"]), name=NAMES, word=st.sampled_from("xy"))
    def report(self, kind: str, name: str, word: str) -> None:
        condition = {"type": "Ready", "status": "True", "reason": word}
        patch, type_ = {"status": {"conditions": [condition]}}, "application/strategic-merge-patch+json"
        self.send("patch", kind, name, body=patch, content_type=type_, subresource="status")

    @rule(name=NAMES)
    def bind(self, name: str) -> None:
        target = {"kind": "Node", "name": "node-1"}
        self.send("create", "Pod", name, subresource="binding", body={"metadata": {"name": name}, "target": target})

    @rule(kind=KINDS, name=NAMES, options=DELETIONS)
    def delete(self, kind: str, name: str, options: Obj) -> None:
        self.send("delete", kind, name, body=options)

    @rule(kind=KINDS, selector=SELECTORS)
    def delete_all(self, kind: str, selector: str) -> None:
        self.send("deletecollection", kind, params={"labelSelector": selector})

    @rule(seconds=st.integers(1, 90))
    def wait(self, seconds: int) -> None:
        self.api.loop.run_until(self.api.loop.now + seconds)

    @rule()
    def compact(self) -> None:
        self.api.api.compact(self.api.revision)

    @precondition(lambda self: len(self.readers) < 6)
    @rule(kind=KINDS, selector=SELECTORS, lists_first=st.booleans())
    def watch(self, kind: str, selector: str, lists_first: bool) -> None:
        params, known = {"labelSelector": selector}, dict[str, Obj]()
        if lists_first:
            listed = self.send("list", kind, params=params).body
            known = {obj["metadata"]["name"]: obj for obj in listed["items"]}
            params["resourceVersion"] = listed["metadata"]["resourceVersion"]
        stream = self.api.send("watch", kind, params=params).stream
        assert stream is not None
        self.readers.append(Reader(kind, selector, stream, known))

    @invariant()
    def every_watch_retells_the_list(self) -> None:
        for reader in self.readers:
            reader.catch_up()
            listed = self.api.send("list", reader.kind, params={"labelSelector": reader.selector}).body["items"]
            assert [reader.known[name] for name in sorted(reader.known)] == listed

    @invariant()
    def what_was_answered_is_as_it_was(self) -> None:
        assert all(answer == copy for answer, copy in self.seen[-40:])

    def teardown(self) -> None:
        assert all(answer == copy for answer, copy in self.seen)


TestAnyWrites = AnyWrites.TestCase
TestAnyWrites.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
