"""The base of every controller: keys, the gate of own writes, back-off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bench import Bench
from test_client import config

from k8slab.client import After, Client, Controller, Informers, InProcess, own_key, owner_key
from k8slab.objects import Key, owner_reference
from k8slab.wire import AlreadyExists, BadRequest, Conflict, NotFound, ServiceUnavailable

Obj = dict[str, Any]


class Counter(Controller):
    """Counts a ConfigMap up to 5, in its cache's eyes: who acts on old news counts wrong."""

    name = "counter"
    watches = {"ConfigMap": own_key}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.step: Callable[[Counter, Key], After | None] = look

    def reconcile(self, key: Key) -> After | None:
        """Do what the test wants."""
        return self.step(self, key)


class Running:
    """A Counter that runs against a server on a line that can be cut; `looks` are the seconds at which it looked."""

    def __init__(self, bench: Bench, step: Callable[[Counter, Key], After | None]) -> None:
        self.bench, self.is_up, self.looks, self.writes = bench, True, list[float](), list[str]()
        line = InProcess(bench.api.handle, lambda: bench.loop.now, "counter", is_reachable=lambda: self.is_up)
        client = Client(line)
        informers = Informers(client, bench.loop)
        self.counter = Counter(client, informers, bench.loop)

        def noted(counter: Counter, key: Key) -> After | None:
            self.looks.append(round(bench.loop.now - bench.loop.start_s, 3))
            return step(counter, key)

        self.counter.step = noted
        informers.start()

    def settle(self) -> None:
        self.bench.loop.settle()

    def cut_after_one_look(self) -> None:
        """Let it write once, and cut the line before it hears of that."""
        self.bench.api.disconnect()
        while not self.looks:
            self.bench.loop.step()
        self.is_up = False


def look(counter: Counter, key: Key) -> None:
    """Do nothing."""


def count(counter: Counter, key: Key) -> None:
    """Add one to what the cache says, until it says 5."""
    obj = counter.informer("ConfigMap").get(key)
    if obj is not None and int(obj["data"]["n"]) < 5:
        n = str(int(obj["data"]["n"]) + 1)
        counter.client.patch("ConfigMap", key.name, key.namespace, {"data": {"n": n}})
        counter.queue.add(key)


def failing(*errors: Exception) -> Callable[[Counter, Key], None]:
    """Raise these, one a look, and then be content."""
    left: Iterator[Exception] = iter(errors)

    def step(counter: Counter, key: Key) -> None:
        for error in left:
            raise error

    return step


def patches(bench: Bench) -> int:
    """How often the ConfigMap was written after its creation."""
    versions = [e for e in bench.client.watch("cm", since="1").pull() if e.object["metadata"]["name"] == "colors"]
    return len(versions) - 1


def test_it_never_acts_on_a_cache_without_its_own_writes(bench: Bench) -> None:
    """Source: pkg/controller/controller_utils.go, expectations: do not act before your own writes are observed."""
    bench.given(config(n="0"))

    Running(bench, count).settle()

    assert bench.client.get("cm", "colors", "default")["data"] == {"n": "5"}
    assert patches(bench) == 5


def test_the_gate_holds_while_the_line_is_cut(bench: Bench) -> None:
    bench.given(config(n="0"))
    running = Running(bench, count)
    running.cut_after_one_look()

    bench.loop.run_until(bench.loop.now + 600)
    assert running.looks == [0.0]

    running.is_up = True
    bench.loop.run_until(bench.loop.now + 60)
    assert patches(bench) == 5


def test_many_keys_wait_for_the_cache_no_longer_than_one(bench: Bench) -> None:
    for n in range(300):
        bench.given(config(f"c{n}", n="0"))

    running = Running(bench, count)
    running.settle()

    assert {obj["data"]["n"] for obj in bench.client.list("cm")} == {"5"}


def test_waiting_for_a_server_that_is_away_is_cheap_and_lets_the_cluster_rest(bench: Bench) -> None:
    bench.given(config(n="0"))
    running = Running(bench, count)
    running.cut_after_one_look()
    then, steps = bench.loop.now, 0

    bench.loop.settle()
    assert bench.loop.now - then < 15

    while bench.loop.now < then + 600 and bench.loop.step():
        steps += 1
    assert steps < 2000


def test_a_write_that_changes_nothing_does_not_close_the_gate(bench: Bench) -> None:
    bench.given(config(n="0"))

    def step(counter: Counter, key: Key) -> None:
        counter.client.patch("ConfigMap", key.name, key.namespace, {"data": {"n": "0"}})

    running = Running(bench, step)
    running.settle()
    running.counter.enqueue(Key("default", "colors"))
    running.settle()

    assert len(running.looks) == 2


@pytest.mark.parametrize(
    ("error", "recorded"),
    [
        (Conflict("old"), []),
        (AlreadyExists("there"), []),
        (NotFound("gone"), []),
        (ServiceUnavailable("away"), []),
        (BadRequest("nonsense"), ["nonsense"]),
        (ValueError("wrong"), ["ValueError: wrong"]),
        (KeyError("spec"), ["KeyError: 'spec'"]),
    ],
)
def test_what_goes_wrong_comes_back_and_surprises_are_recorded(
    bench: Bench, error: Exception, recorded: list[str]
) -> None:
    """Source: sample-controller controller.go, processNextWorkItem: HandleError and AddRateLimited."""
    bench.given(config())
    running = Running(bench, failing(error, error))

    running.settle()

    assert running.looks == [0.0, 0.005, 0.015]
    assert [failure.error for failure in running.counter.failures] == recorded * 2
    assert bench.events() == [f"ReconcileError: {text}" for text in recorded]


def test_back_off_starts_anew_after_a_good_step(bench: Bench) -> None:
    bench.given(config())
    running = Running(bench, failing(Conflict("1"), Conflict("2")))
    running.settle()

    assert running.counter.queue.add_rate_limited(Key("default", "colors")) == 0.005


def test_one_key_that_fails_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.given(config("bad"), config("good"))
    done: list[str] = []

    def step(counter: Counter, key: Key) -> None:
        if key.name == "bad":
            raise ValueError("bad")
        done.append(key.name)

    running = Running(bench, step)
    bench.loop.run_until(bench.loop.now + 60)

    assert done == ["good"] and len(running.counter.failures) > 10


def test_failures_are_kept_within_bounds(bench: Bench) -> None:
    running = Running(bench, look)

    for n in range(250):
        running.counter._note_failure(Key("default", f"k{n}"), ValueError(str(n)))

    kept = running.counter.failures
    assert (len(kept), kept[-1].key.name) == (100, "k249")


@pytest.mark.parametrize(("again", "looks"), [(After(30), [0, 30]), (After(0.5), [0, 0.5]), (After(-3), [0, 0])])
def test_after_asks_for_another_look(bench: Bench, again: After, looks: list[float]) -> None:
    bench.given(config())
    wishes = [again]

    running = Running(bench, lambda counter, key: wishes.pop() if wishes else None)
    running.settle()

    assert running.looks == looks


def test_a_new_wish_is_looked_at_once_and_the_rest_is_gathered(bench: Bench) -> None:
    running = Running(bench, look)
    running.counter.batch_s = 10.0  # type: ignore[misc]
    made = bench.given(config())
    running.settle()
    for n in "123":
        bench.client.patch("cm", "colors", "default", {"data": {"n": n}})
        bench.loop.run_until(bench.loop.now + 1)
    bench.client.patch("cm", "colors", "default", {"metadata": {"finalizers": ["a.b/c"]}})
    bench.client.delete("cm", made["metadata"]["name"], "default")

    bench.loop.run_until(bench.loop.now + 0.1)
    assert running.looks == [0.001, 3.002]

    running.settle()
    assert running.looks == [0.001, 3.002, 10.002]


def test_both_forms_of_an_object_give_keys(bench: Bench) -> None:
    """An object that changes its owner concerns the old one and the new."""
    heard: list[str] = []
    running = Running(bench, lambda counter, key: heard.append(key.name))
    running.counter.watch("Secret", lambda obj: [Key("default", obj["metadata"]["labels"]["of"])])
    running.counter._informers.start()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": {"of": "a"}}}
    bench.given(secret)
    running.settle()

    bench.client.patch("Secret", "s", "default", {"metadata": {"labels": {"of": "b"}}})
    running.settle()

    assert heard == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("owners", "keys"),
    [
        ([], []),
        ([("ConfigMap", True)], [Key("default", "colors")]),
        ([("ConfigMap", False)], []),
        ([("Secret", True)], []),
        ([("Secret", False), ("ConfigMap", True)], [Key("default", "colors")]),
    ],
)
def test_the_key_of_the_controlling_owner(owners: list[tuple[str, bool]], keys: list[Key]) -> None:
    """Source: metav1.GetControllerOf."""
    owner = config()
    owner["metadata"]["uid"] = "u1"
    references = [{**owner_reference({**owner, "kind": kind}), "controller": flag} for kind, flag in owners]
    owned = {"metadata": {"name": "x", "namespace": "default", "ownerReferences": references}}

    assert list(owner_key("ConfigMap")(owned)) == keys
