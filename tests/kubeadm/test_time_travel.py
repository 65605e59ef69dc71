"""The past can be read, lived again differently, saved and loaded."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from random import Random
from typing import Any

import pytest
from kubeadm_bench import manifest, pods

from k8slab import Cluster
from k8slab.world import Behaviour


def whole_store(cluster: Cluster) -> tuple[Any, ...]:
    """Every key with all its versions' numbers, and the store's own."""
    store = cluster.etcd
    keys = [
        (kv.key, json.dumps(kv.value, default=list), kv.create_revision, kv.mod_revision, kv.version)
        for kv in store.range("").kvs
    ]
    return store.revision, store.compacted_revision, cluster.now, keys


def is_due(cluster: Cluster) -> bool:
    """Something is still to happen at this very moment, which a fork at this moment contains."""
    return any(timer.is_pending and when <= cluster.now for when, _, timer in cluster.loop._heap)


def live_a_little(cluster: Cluster, chance: Random) -> None:
    """Do one thing from outside, at random."""
    names = [pod["metadata"]["name"] for pod in cluster.client.list("Pod", "default")]
    match chance.choice(
        ["apply", "scale", "kill", "fail", "recover", "run", "run", "settle", "step", "send", "slow", "bad"]
    ):
        case "apply":
            cluster.apply(manifest(chance.randrange(5), image=chance.choice(["nginx:1.27", "nginx:1.28"])))
        case "scale":
            cluster.kubectl(f"scale deployment web --replicas={chance.randrange(6)}")
        case "kill" if names:
            cluster.kubectl(f"delete pod {chance.choice(names)}")
        case "fail":
            cluster.fail(chance.choice(["node-1", "node-2"]))
        case "recover":
            cluster.recover(chance.choice(["node-1", "node-2"]))
        case "run":
            cluster.run(chance.choice([0, 0.01, 1.5, 20, 400]))
        case "settle":
            cluster.settle()
        case "step":
            cluster.step()
        case "send":
            cluster.request("http://web/")
        case "slow":
            cluster.slow(chance.choice(["node-1", "node-2"]), chance.choice([0, 0.3, 20]))
        case "bad":
            cluster.kubectl("create configmap Bad_Name")


def histories(count: int) -> list[Any]:
    return [pytest.param(seed, id=f"seed-{seed}") for seed in range(count)]


def check_fork(seed: int) -> None:
    """A fork at each moment between two inputs has the store that the original had then."""
    chance = Random(seed)
    cluster = Cluster(nodes=2, seed=seed)
    seen: dict[float, tuple[Any, ...]] = {}
    for _ in range(25):
        before, inputs = cluster.now, len(cluster.journal.inputs)
        live_a_little(cluster, chance)
        if len(cluster.journal.inputs) > inputs:
            seen.pop(before, None)  # a fork at that moment has what was done next, at the same moment
        if not is_due(cluster):
            seen[cluster.now] = whole_store(cluster)

    for moment in chance.sample(sorted(seen), min(4, len(seen))):
        assert whole_store(cluster.fork(moment)) == seen[moment]


@pytest.mark.parametrize("seed", histories(8))
def test_a_fork_has_the_same_past_byte_for_byte(seed: int) -> None:
    check_fork(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", histories(300))
def test_many_forks_have_the_same_past_byte_for_byte(seed: int) -> None:
    check_fork(seed)


def test_a_fork_in_the_middle_of_a_long_run_is_what_was_there_then() -> None:
    whole, halted = Cluster(nodes=2), Cluster(nodes=2)
    for cluster in (whole, halted):
        cluster.apply(manifest(3))
    whole.run("10m")
    halted.run("1.7s")

    fork = whole.fork(halted.now)

    assert whole_store(fork)[-1] == whole_store(halted)[-1]


def test_a_fork_and_its_original_go_their_own_ways(cluster: Cluster) -> None:
    cluster.apply(manifest(3))
    cluster.settle()

    fork = cluster.fork()
    fork.kubectl("delete deployment web")
    fork.run("1m")
    cluster.run("1m")

    assert (len(pods(fork)), len(pods(cluster))) == (0, 3)


def test_the_past_can_be_read_and_not_written(cluster: Cluster) -> None:
    before = cluster.now
    cluster.run("1s")
    cluster.apply(manifest(3))
    cluster.settle()

    past = cluster.at(before)

    assert past.list("Deployment", "default") == [] and len(cluster.client.list("Deployment", "default")) == 1
    assert not hasattr(past, "create")


@pytest.mark.parametrize("moment", [0.0, float("nan"), 1e12])
def test_a_moment_that_was_never_lived_is_refused(cluster: Cluster, moment: float) -> None:
    with pytest.raises(ValueError, match="this cluster knows its past from"):
        cluster.fork(moment)


def test_a_saved_cluster_comes_back_as_it_was(cluster: Cluster, tmp_path: Path) -> None:
    cluster.apply(manifest(3))
    cluster.kubectl("create secret generic key --from-literal=word=hunter2")
    cluster.fail("node-1")
    cluster.stop_daemon("control-plane", "kube-scheduler")
    cluster.run("7m")
    path = tmp_path / "shop.k8slab"

    cluster.save(path)
    loaded = Cluster.load(path)

    assert whole_store(loaded) == whole_store(cluster)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["shop.k8slab"]


def test_what_a_learner_wrote_is_in_a_fork_and_in_no_file(cluster: Cluster, tmp_path: Path) -> None:
    class Greeter(Behaviour):
        """Says hello."""

        def on_request(self, request: Any) -> str:
            return "hello"

    cluster.image("greeter:1", Greeter)
    cluster.apply(manifest(1, image="greeter:1"))
    cluster.settle()

    assert cluster.fork().request("http://web/").body == "hello"
    with pytest.raises(ValueError, match=r"cannot be saved: it was given Python code \(image greeter:1\)"):
        cluster.save(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[: len(text) // 2], "torn"),
        (lambda text: "\n".join(text.splitlines()[:-1]), "torn: its end is missing"),
        (lambda text: "", "no saved cluster"),
        (lambda text: "apiVersion: v1\n", "no saved cluster"),
        (lambda text: "[" * 100_000, "no saved cluster"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "saved by another release"),
        (lambda text: text.replace('"seed": 0, ', ""), "spoilt"),
        (lambda text: text.replace('"act": "wait"', '"act": "__init__"'), "unknown input '__init__'"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(cluster: Cluster, tmp_path: Path, spoil: Any, message: str) -> None:
    path = tmp_path / "x"
    cluster.run("1s")
    cluster.fail("node-1")
    cluster.save(path)
    path.write_text(spoil(path.read_text("utf-8")), "utf-8")

    with pytest.raises(ValueError, match=message):
        Cluster.load(path)
