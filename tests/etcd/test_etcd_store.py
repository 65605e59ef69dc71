"""What only a real etcd can show: others who write, a server that dies and comes back, and what etcdctl prints."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from real_etcd import NO_ETCD, RealEtcd, etcd_program
from store_bench import EtcdBench, Told

from k8slab.clock import Loop
from k8slab.etcd import Compacted, Event, Put, RequestTooLarge, StoreUnavailable
from k8slab.etcd.etcd_store import EtcdStore
from k8slab.etcd.follower import Follower
from k8slab.etcd.gateway import TIMEOUT_S, encoded

BOUND_S = 10.0


@pytest.fixture
def other(etcd: RealEtcd, real_store: EtcdBench) -> Iterator[EtcdBench]:
    """Another store on the same server."""
    store = EtcdBench(etcd.url, Loop())
    yield store
    store.close()


def wait_until(is_so: Callable[[], bool], loop: Loop) -> None:
    """Let the loop take in what others have posted until something is so."""
    for _ in range(int(BOUND_S / 0.01)):
        loop.run_until(loop.now)
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it has not come true")


def answers(store: EtcdBench) -> bool:
    """The server answers what the store asks."""
    try:
        store.catch_up()
    except StoreUnavailable:
        return False
    return True


@pytest.mark.parametrize("url", ["", "etcd", "127.0.0.1:2379", "https://127.0.0.1:2379", "http://", "http://a:1/v3"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the URL of an etcd server is like"):
        EtcdStore(url, Loop())


def test_a_server_that_is_not_there_is_told_by_its_url() -> None:
    with pytest.raises(StoreUnavailable, match=r"etcd at http://127.0.0.1:1 does not answer: .*refused"):
        EtcdStore("http://127.0.0.1:1", Loop())


def test_etcdctl_reads_keys_and_values_as_kubernetes_lays_them_out(etcd: RealEtcd, real_store: EtcdBench) -> None:
    program = etcd_program("etcdctl")
    if program is None:
        pytest.skip(NO_ETCD)
    pod = {"kind": "Pod", "metadata": {"name": "web", "labels": {"이름": "웹"}}, "apiVersion": "v1"}
    real_store.txn([], [Put("/registry/pods/default/web", pod)])

    command = [program, "--endpoints", etcd.url, "get", "--prefix", "/registry"]
    lines = subprocess.run(command, env={"ETCDCTL_API": "3"}, capture_output=True, check=True, text=True).stdout

    key, value = lines.splitlines()
    assert key == "/registry/pods/default/web"
    assert value == json.dumps(pod, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("text", ["hello", "", "{", "7"])
def test_what_is_no_json_is_read_as_a_text(etcd: RealEtcd, real_store: EtcdBench, text: str) -> None:
    """As `etcdctl put greeting hello` leaves it."""
    events: list[Event] = []
    real_store.watch("", events.extend)

    question = json.dumps({"key": encoded("greeting"), "value": encoded(text)}).encode()
    urlopen(f"{etcd.url}/v3/kv/put", question, timeout=BOUND_S).close()

    kv = real_store.range("").kvs[0]
    assert kv.value == (7 if text == "7" else text)
    assert [event.kv for event in events] == [kv]


def test_a_store_whose_unseen_changes_were_compacted_says_so_for_good(real_store: EtcdBench, other: EtcdBench) -> None:
    real_store._follower.close()  # as when its connection is broken for long
    for _ in range(4):
        other.put("a")
    other.compact(4)
    real_store._follower = Follower(real_store._gateway, 2, lambda: None)

    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="changes not seen yet were compacted"):
            real_store.catch_up()


def test_what_another_writes_is_told_when_the_store_catches_up(
    real_store: EtcdBench, other: EtcdBench, told: Told
) -> None:
    real_store.watch("", told)
    other.put("a")
    other.delete("a")

    real_store.catch_up()

    assert told == [(2, ["PUT a"]), (3, ["DELETE a"])]
    assert real_store.revision == other.revision == 3


def test_what_another_writes_is_told_by_the_loop(
    real_store: EtcdBench, other: EtcdBench, told: Told, loop: Loop
) -> None:
    real_store.watch("", told)

    other.put("a")

    wait_until(lambda: bool(told), loop)
    assert told == [(2, ["PUT a"])]


def test_a_range_and_a_watch_after_it_miss_nothing_and_tell_nothing_twice(
    real_store: EtcdBench, other: EtcdBench, told: Told
) -> None:
    other.put("a")
    assert real_store.keys() == ["a"]
    real_store.watch("", told)
    other.put("b")

    real_store.put("c")

    assert told == [(3, ["PUT b"]), (4, ["PUT c"])]


def test_what_another_has_compacted_is_gone_here(real_store: EtcdBench, other: EtcdBench, told: Told) -> None:
    for _ in range(4):
        other.put("a")
    other.compact(4)
    asks: list[Callable[[], Any]] = [
        lambda: real_store.get("a", 3),
        lambda: real_store.compact(3),
        lambda: real_store.watch("", told, since=3),
    ]
    real_store.catch_up()

    for ask in asks:
        with pytest.raises(Compacted) as error:
            ask()
        assert error.value.compacted_revision == 4


def test_a_watch_from_the_compaction_another_made_is_known_first_by_watching(
    real_store: EtcdBench, other: EtcdBench, told: Told
) -> None:
    for _ in range(4):
        other.put("a")
    other.compact(4)
    real_store.catch_up()

    with pytest.raises(Compacted) as error:
        real_store.watch("", told, since=2)

    assert error.value.compacted_revision == real_store.compacted_revision == 4


def test_a_value_that_is_too_large_is_refused(real_store: EtcdBench) -> None:
    with pytest.raises(RequestTooLarge):
        real_store.put("a", "x" * 2_000_000)

    assert real_store.keys() == []


def test_a_lease_that_nobody_keeps_alive_ends_by_the_clock_of_the_server(
    real_store: EtcdBench, told: Told, loop: Loop
) -> None:
    real_store.put("a", lease=real_store.lease_grant(1))
    real_store.watch("", told)

    wait_until(lambda: bool(told), loop)

    assert told == [(3, ["DELETE a"])]


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.catch_up(),
        lambda store: store.get("a"),
        lambda store: store.range(""),
        lambda store: store.put("a"),
        lambda store: store.compact(2),
        lambda store: store.lease_grant(60),
        lambda store: store.lease_keep_alive(7),
        lambda store: store.lease_revoke(7),
        lambda store: store.watch("", print, since=1),
    ],
)
def test_while_the_server_is_away_every_question_says_so(
    etcd: RealEtcd, real_store: EtcdBench, ask: Callable[[EtcdBench], object]
) -> None:
    real_store.put("a")
    real_store.lease_grant(60, lease=7)
    etcd.kill()

    with pytest.raises(StoreUnavailable, match=etcd.url):
        ask(real_store)


def test_when_the_server_is_back_everything_goes_on_and_watches_have_missed_nothing(
    etcd: RealEtcd, real_store: EtcdBench, told: Told
) -> None:
    real_store.watch("", told)
    real_store.put("a")
    etcd.kill()
    etcd.start()
    another = EtcdBench(etcd.url, Loop())
    another.put("b")
    another.close()

    real_store.put("c")

    assert told == [(2, ["PUT a"]), (3, ["PUT b"]), (4, ["PUT c"])]


def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(etcd: RealEtcd, real_store: EtcdBench) -> None:
    enough = threading.Event()
    killer = threading.Thread(target=lambda: (enough.wait(BOUND_S), etcd.kill()))
    killer.start()
    acknowledged = []
    with pytest.raises(StoreUnavailable):
        while True:
            acknowledged.append(real_store.put(f"key-{len(acknowledged):05}").key)
            if len(acknowledged) == 100:
                enough.set()
    killer.join()

    etcd.start()

    assert real_store.keys()[: len(acknowledged)] == acknowledged
    assert len(acknowledged) >= 100


def test_a_server_that_has_lost_its_past_is_not_taken_for_the_same(
    etcd: RealEtcd, real_store: EtcdBench, tmp_path: Path
) -> None:
    real_store.put("a")
    etcd.kill()
    etcd.start(tmp_path / "empty")

    with pytest.raises(StoreUnavailable, match="it is at revision 1 and was at 2: another store"):
        real_store.catch_up()


def test_a_store_that_is_closed_leaves_no_thread(etcd: RealEtcd) -> None:
    before = threading.enumerate()
    store = EtcdBench(etcd.url, Loop())
    assert len(threading.enumerate()) == len(before) + 1

    store.close()

    assert threading.enumerate() == before


@pytest.mark.parametrize("etcd", [()], indirect=True)
def test_the_shortest_lease_of_a_server_with_the_usual_timing_is_two_seconds(real_store: EtcdBench) -> None:
    assert real_store.lease_keep_alive(real_store.lease_grant(0)) == 2


def test_a_server_that_is_silent_holds_nobody_up_twice(etcd: RealEtcd, real_store: EtcdBench) -> None:
    real_store.put("a")
    etcd.freeze()
    start = time.monotonic()

    for _ in range(100):
        with pytest.raises(StoreUnavailable, match="timed out"):
            real_store.put("b")

    assert time.monotonic() - start < 2 * TIMEOUT_S
    etcd.thaw()


def test_when_a_silent_server_answers_again_everything_goes_on(
    etcd: RealEtcd, real_store: EtcdBench, told: Told, loop: Loop
) -> None:
    real_store.watch("", told)
    etcd.freeze()
    with pytest.raises(StoreUnavailable):
        real_store.get("a")

    etcd.thaw()

    wait_until(lambda: answers(real_store), loop)
    real_store.put("a")
    assert told == [(2, ["PUT a"])]


def test_a_store_is_closed_while_its_server_is_silent(etcd: RealEtcd) -> None:
    before = threading.active_count()
    store = EtcdBench(etcd.url, Loop())
    etcd.freeze()
    with pytest.raises(StoreUnavailable):
        store.get("a")

    store.close()

    assert threading.active_count() == before
    etcd.thaw()
