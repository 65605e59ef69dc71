"""A cache that follows the server: list, watch, and list again after whatever went wrong."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from bench import Bench
from test_client import config

from k8slab.client import Informer, Informers, InProcess, Reader
from k8slab.objects import Key

Obj = dict[str, Any]


class Following:
    """An informer of ConfigMaps on a line that can be cut; `told` says what its handler heard."""

    def __init__(self, bench: Bench, **scope: str) -> None:
        self.bench, self.is_up, self.told = bench, True, list[str]()
        line = InProcess(bench.api.handle, lambda: bench.loop.now, "test", is_reachable=lambda: self.is_up)
        self.informer = Informer(Reader(line), bench.loop, "ConfigMap", **scope)
        self.informer.on_change(self.hear)
        self.informer.start()

    def hear(self, old: Obj | None, new: Obj | None) -> None:
        """Note `name old->new` by the value of the key sky."""
        obj = new or old or {}
        values = ["-" if form is None else form["data"].get("sky", "") for form in (old, new)]
        self.told.append(f"{obj['metadata']['name']} {values[0]}>{values[1]}")

    def names(self) -> list[str]:
        """What is in the cache."""
        return sorted(obj["metadata"]["name"] for obj in self.informer.list())


@pytest.fixture
def following(bench: Bench) -> Following:
    """An informer that has listed a and b."""
    bench.given(config("a", sky="1"), config("b", sky="1"))
    return Following(bench)


def recolour(bench: Bench, name: str, sky: str) -> None:
    """Change one ConfigMap."""
    bench.client.patch("cm", name, "default", {"data": {"sky": sky}})


def test_it_lists_and_then_follows(bench: Bench, following: Following) -> None:
    """Source: client-go reflector.go, ListAndWatch."""
    recolour(bench, "a", "2")
    bench.client.delete("cm", "b", "default")
    bench.given(config("c", sky="1"))

    bench.loop.settle()

    assert following.told == ["a ->1", "b ->1", "a 1>2", "b 1>-", "c ->1"]
    assert following.informer.revision == bench.store.revision


def test_news_takes_its_time(bench: Bench, following: Following) -> None:
    recolour(bench, "a", "2")
    assert following.told == ["a ->1", "b ->1"]

    bench.loop.settle()

    assert following.told[-1] == "a 1>2"


def away(bench: Bench, following: Following) -> None:
    """Close the watch, and let nobody through while things change."""
    following.is_up = False
    bench.api.disconnect()
    bench.loop.run_until(bench.loop.now + 10)


def expired(bench: Bench, following: Following) -> None:
    """Have the watch answered with 410, as the history is compacted before it is opened again."""
    away(bench, following)
    bench.given(config("z"))
    bench.client.delete("cm", "z", "default")
    bench.api.compact(bench.store.revision)


@pytest.mark.parametrize("fault", [away, expired])
def test_after_a_fault_it_learns_what_it_missed(bench: Bench, following: Following, fault: Any) -> None:
    """Source: client-go reflector.go: a watch that ends is followed by a list; Replace finds the differences."""
    fault(bench, following)
    recolour(bench, "a", "2")
    bench.client.delete("cm", "b", "default")
    bench.given(config("c", sky="1"))

    following.is_up = True
    bench.loop.run_until(bench.loop.now + 60)

    assert sorted(following.told[2:]) == ["a 1>2", "b 1>-", "c ->1"]
    recolour(bench, "c", "2")
    bench.loop.settle()
    assert following.told[-1] == "c 1>2"


def test_a_410_in_the_stream_means_listing_again(bench: Bench, following: Following) -> None:
    """Source: kubernetes.io, "Kubernetes API Concepts": 410 Gone, clear the cache and list again."""
    following.informer.stop()
    recolour(bench, "a", "2")
    recolour(bench, "a", "3")
    bench.api.compact(bench.store.revision)
    following.informer.reflector.stream = bench.client.watch("cm", since="1")
    following.informer.reflector._is_started = True

    following.informer.reflector.drain()

    assert following.told[2:] == ["a 1>3"]
    assert following.informer.revision == bench.store.revision


def test_the_same_name_made_anew_is_two_changes(bench: Bench, following: Following) -> None:
    """A handler that keeps books by uid must hear that the first object is gone."""
    away(bench, following)
    bench.client.delete("cm", "a", "default")
    bench.given(config("a", sky="9"))

    following.is_up = True
    bench.loop.run_until(bench.loop.now + 60)

    assert following.told[2:] == ["a 1>-", "a ->9"]


@pytest.mark.parametrize("minutes", [1, 60])
def test_it_does_not_hammer_a_server_that_is_away(bench: Bench, minutes: int) -> None:
    """Source: client-go reflector.go: back-off from 800 ms to 30 s."""
    tries: list[float] = []
    line = InProcess(bench.api.handle, lambda: 0, "x", is_reachable=lambda: bool(tries.append(bench.loop.now)))
    bench.client.mapper.resources()
    informer = Informer(Reader(line, bench.client.mapper), bench.loop, "ConfigMap")

    informer.start()
    bench.loop.run_until(bench.loop.now + minutes * 60)

    gaps = [round(b - a, 1) for a, b in itertools.pairwise(tries)]
    assert gaps[:7] == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0][: len(gaps)] and set(gaps[6:]) <= {30.0}
    assert not informer.is_synced


@pytest.mark.parametrize("is_up", [True, False])
def test_who_has_stopped_hears_nothing_more(bench: Bench, following: Following, is_up: bool) -> None:
    if not is_up:
        away(bench, following)
    following.informer.stop()
    following.is_up = True

    bench.given(config("c", sky="1"))
    bench.loop.run_until(bench.loop.now + 100)

    assert following.told == ["a ->1", "b ->1"]


def test_late_handlers_hear_what_is_there_and_all_hear_in_order(bench: Bench, following: Following) -> None:
    """Source: client-go shared_informer.go, AddEventHandler: a new handler is sent an add for every object."""
    heard: list[str] = []
    for name in ("first", "second"):
        following.informer.on_change(lambda old, new, name=name: heard.append(name))  # type: ignore[misc]
    assert heard == ["first", "first", "second", "second"]

    recolour(bench, "a", "2")
    bench.loop.settle()

    assert heard[4:] == ["first", "second"]


@pytest.mark.parametrize("early", [True, False])
def test_an_index_follows_the_objects(bench: Bench, following: Following, early: bool) -> None:
    informer = following.informer
    if early:
        informer.add_index("sky", lambda obj: (obj["data"]["sky"],))
    bench.given(config("c", sky="2"))
    recolour(bench, "a", "2")
    bench.client.delete("cm", "b", "default")
    bench.loop.settle()
    informer.add_index("sky", lambda obj: (obj["data"]["sky"],))

    by_sky = [[obj["metadata"]["name"] for obj in informer.by_index("sky", value)] for value in "123"]

    assert [sorted(names) for names in by_sky] == [[], ["a", "c"], []]
    assert informer.list("default") == informer.by_index("namespace", "default") and not informer.list("other")


@pytest.mark.parametrize(("scope", "names"), [({"labels": "app=web"}, ["w"]), ({"namespace": "kube-system"}, [])])
def test_an_informer_sees_what_its_selectors_let_through(bench: Bench, scope: dict[str, str], names: list[str]) -> None:
    following = Following(bench, **scope)
    labelled = config("w")
    labelled["metadata"]["labels"] = {"app": "web"}

    bench.given(labelled, config("other"))
    bench.loop.settle()
    assert following.names() == names

    bench.client.patch("cm", "w", "default", {"metadata": {"labels": {"app": "db"}}})
    bench.loop.settle()
    assert following.names() == []


def test_informers_are_shared_by_kind_and_selector(bench: Bench) -> None:
    shared = Informers(bench.client, bench.loop)

    assert shared.of("Pod") is shared.of("Pod")
    assert shared.of("Pod") is not shared.of("Pod", fields="spec.nodeName=n1")


def test_a_deletion_carries_the_last_form(bench: Bench, following: Following) -> None:
    assert following.informer.get(Key("default", "b")) is not None

    bench.client.delete("cm", "b", "default")
    bench.loop.settle()

    assert following.told[-1] == "b 1>-" and following.informer.get(Key("default", "b")) is None
