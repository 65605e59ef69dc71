"""Building and releasing on a whole cluster: pulls over links, rules, forks, and what a release takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8slab import Cluster
from k8slab.clock import HotLoop
from k8slab.kubeadm.building import RuleBroken
from k8slab.kubeadm.places import table, won_by_part, won_per_month
from k8slab.kubeadm.releasing import NotReleased

IMAGE = "registry.shop.example/shop/web"
DOCKERFILE = """
FROM golang:1.24 AS build
COPY go.mod ./
# cost: cpu 10s, writes 100M
RUN go mod download
COPY . .
# cost: cpu 40s, threads 4, writes 50M /app
RUN go build -o /app ./cmd/web
FROM debian:trixie-slim
COPY --from=build /app /app
"""
FILES = {"go.mod": "2k", "cmd/web/main.go": "30k", "assets/": "20M"}
BUILDKIT = """
apiVersion: v1
kind: Pod
metadata: {name: buildkitd}
spec:
  containers:
  - name: buildkitd
    image: moby/buildkit:v0.26.2
    resources: {requests: {cpu: "2"}, limits: {cpu: "2"}}
"""


def a_bank() -> Cluster:
    """A company whose line to the cloud carries 10 MB a second, and a builder on each side."""
    cluster = Cluster(nodes=2)
    cluster.site("office", "company")
    cluster.site("seoul", "cloud", ["zone-a", "zone-b"])
    cluster.site("hub", "registry")
    cluster.link("office", "seoul", latency="5ms", bandwidth="10M", price="line")
    for name in ("office", "seoul"):
        cluster.link("hub", name, latency="50ms", bandwidth="50M", price="internet")
    cluster.registry("docker.io", at="hub")
    cluster.registry("registry.shop.example", at="seoul")
    cluster.builder("office", at="office", cores=4)
    cluster.builder("pod", pod="default/buildkitd")
    cluster.source("shop", FILES, at="office")
    cluster.apply(BUILDKIT)
    cluster.kubectl("create deployment web --image=nginx --replicas=2")
    cluster.settle()
    return cluster


@pytest.fixture
def bank() -> Cluster:
    """One to work on."""
    return a_bank()


@pytest.fixture(scope="module")
def same_bank() -> Cluster:
    """One that nothing is done to."""
    return a_bank()


def test_a_release_is_measured_from_the_edit_to_the_last_pod(bank: Cluster) -> None:
    bank.release("web", f"{IMAGE}:1", "office", DOCKERFILE, "shop")

    again = bank.release("web", f"{IMAGE}:2", "office", DOCKERFILE, "shop", ["cmd/web/main.go"])

    assert again.moved_bytes == {"office to seoul": 50_000_000}
    assert set(again.pull_s) == {"node-1", "node-2"} and all(1.4 < took < 2.0 for took in again.pull_s.values())
    assert again.push_s == pytest.approx(5, abs=0.5) and again.build_s == pytest.approx(11.9, abs=0.5)
    assert again.seconds == pytest.approx(again.build_s + again.push_s + again.rollout_s)
    pods = [pod for pod in bank.client.list("pods", labels="app=web") if "deletionTimestamp" not in pod["metadata"]]
    assert [pod["spec"]["containers"][0]["image"] for pod in pods] == [f"{IMAGE}:2"] * 2


def test_the_place_decides_what_travels(bank: Cluster) -> None:
    """The pod is sent what was edited, and its image stays in the cloud."""
    bank.release("web", f"{IMAGE}:1", "pod", DOCKERFILE, "shop")

    again = bank.release("web", f"{IMAGE}:2", "pod", DOCKERFILE, "shop", {"cmd/web/main.go": "31k"})

    assert again.moved_bytes == {"office to seoul": 31_000} and again.push_s < 1
    assert again.build_s == pytest.approx(21.8, abs=1)  # 40 CPU seconds on 2 cores


@pytest.mark.parametrize(("volume", "ran"), [("emptyDir: {}", 5), ("hostPath: {path: /mnt}", 0)])
def test_a_builder_that_is_deleted_loses_its_cache_unless_it_lies_in_a_volume_that_stays(
    bank: Cluster, volume: str, ran: int
) -> None:
    mount = "    volumeMounts: [{name: cache, mountPath: /var/lib/buildkit}]\n  nodeName: node-1\n"
    manifest = f"{BUILDKIT}{mount}  volumes: [{{name: cache, {volume}}}]\n".replace('"2"', '"1"')
    manifest = manifest.replace("name: buildkitd}", "name: kept}")
    bank.builder("kept", pod="default/kept")
    for tag in ("1", "2"):
        bank.apply(manifest)
        bank.run("1m")
        build = bank.build("kept", f"{IMAGE}:{tag}", DOCKERFILE, "shop")
        bank.kubectl("delete pod kept --grace-period=1")
        bank.run("1m")

    assert len(build.ran) == ran


def test_a_month_costs_what_is_counted_often_and_what_is_rented_once(bank: Cluster) -> None:
    """A leased line of $220, 4 cores and 8 GiB of one's own; what leaves the company for the cloud is free."""
    first = bank.release("web", f"{IMAGE}:1", "office", DOCKERFILE, "shop")

    won = won_per_month(first, releases=100)

    assert won == pytest.approx(1400 * (220 + 730 * (4 * 0.012 + 8 * 0.0015)))


def test_places_are_compared_each_in_a_cluster_of_its_own(bank: Cluster) -> None:
    """A pod that asks for 2 of the 4 CPUs of its node, which is 4 CPUs and 8 GiB of one's own."""
    given = {"deployment": "web", "image": f"{IMAGE}:1", "dockerfile": DOCKERFILE, "source": "shop"}
    before, at = bank.kubectl("get pods"), bank.now

    office, pod = bank.compare_places({"office": "office", "pod": "pod"}, edit=["cmd/web/main.go"], **given)

    assert office.minutes < pod.minutes and (office.megabytes, pod.megabytes) == (50, 0.03)
    line, own = 1400 * 220, 1400 * 730 * (4 * 0.012 + 8 * 0.0015)
    assert office.won == pytest.approx(line + own, rel=1e-3) and line < pod.won < line + own / 2
    assert (bank.kubectl("get pods"), bank.now) == (before, at)


def test_a_place_that_is_forbidden_says_why_beside_the_others(bank: Cluster) -> None:
    bank.rule("source", ["company"])
    given = {"deployment": "web", "image": f"{IMAGE}:1", "dockerfile": DOCKERFILE, "source": "shop"}

    places = bank.compare_places({"office": "office", "pod": "pod"}, releases=1, **given)

    assert [one.refusal == "" for one in places] == [True, False]
    assert "pod: source may only be at company: the source shop" in table(places)


def test_a_forbidden_place_costs_no_fork(bank: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    forks: list[int] = []
    bank.rule("source", ["company"])
    monkeypatch.setattr(bank, "fork", lambda: forks.append(1))
    given = {"deployment": "web", "image": f"{IMAGE}:1", "dockerfile": DOCKERFILE, "source": "shop", "tries": 1}

    places = bank.compare_places({"pod": "pod", "both": ["office", "pod"], "back": ["pod", "office"]}, **given)

    assert all(one.refusal for one in places) and forks == []


def test_a_month_is_told_by_what_it_is_paid_for(bank: Cluster) -> None:
    first = bank.release("web", f"{IMAGE}:1", "office", DOCKERFILE, "shop")

    parts = won_by_part(first, releases=100)

    own = 1400 * 730 * (4 * 0.012 + 8 * 0.0015)
    assert parts == pytest.approx({"traffic": 0, "line": 1400 * 220, "builder": own})


def test_a_registry_in_the_cloud_and_a_hosted_builder_are_on_the_bill(bank: Cluster) -> None:
    bank.builder("hosted", at="seoul", cores=4)
    build = bank.build("hosted", f"{IMAGE}:1", DOCKERFILE, "shop")
    bank.run("1h")

    lines = {line.kind: line for line in bank.bill().lines}
    assert lines["build"].amount == pytest.approx(build.took_s / 60 * 2) and lines["build"].name == "hosted"
    assert lines["registry"].amount == pytest.approx(build.pushed_bytes / 1e9 / 730, rel=0.01)


def test_a_node_cannot_build(bank: Cluster) -> None:
    with pytest.raises(ValueError, match="node-1 runs images with containerd, which cannot build any"):
        bank.build("node-1", f"{IMAGE}:1", DOCKERFILE, "shop")


def test_tries_are_built_first_and_not_pushed(bank: Cluster) -> None:
    release = bank.release("web", f"{IMAGE}:1", ["office", "pod"], DOCKERFILE, "shop", ["cmd/web/main.go"], tries=2)

    assert [build.pushed_bytes for build in release.tries] == [0, 0]
    assert [build.place for build in (*release.tries, release.build)] == ["office", "office", "seoul/zone-b"]
    assert bank.builder("office").minutes == pytest.approx(release.tries_s / 60)


def test_a_rule_refuses_a_build_that_would_break_it(bank: Cluster) -> None:
    bank.rule("source", ["company"])

    with pytest.raises(RuleBroken) as caught:
        bank.build("pod", f"{IMAGE}:1", DOCKERFILE, "shop")

    told = "source may only be at company: the source shop (20.03MB) would go from office (company) to "
    assert str(caught.value) == f"{told}seoul/zone-b (cloud)"
    assert bank.build("office", f"{IMAGE}:1", DOCKERFILE, "shop").problem == ""
    assert bank.broken_rules() == []


def test_a_rule_for_images_looks_at_the_registry_and_at_the_machines(bank: Cluster) -> None:
    bank.rule("image", ["office"])
    bank.registry("registry.bank.example", at="office")
    ways = {"registry.shop.example": r"office \(company\) to seoul ", "registry.bank.example": r".* to seoul/zone"}

    for host, way in ways.items():
        told = rf"image may only be at office: the image {host}/web:1 would go from {way}"
        with pytest.raises(RuleBroken, match=told):
            bank.build("office", f"{host}/web:1", DOCKERFILE, "shop")


def test_an_audit_finds_the_flows_that_went_all_the_same(bank: Cluster) -> None:
    bank.build("pod", f"{IMAGE}:1", DOCKERFILE, "shop")
    bank.transfer("customer data", "orders", "office", "seoul", "3G")
    bank.rule("source", ["company"])
    bank.rule("customer data", [])

    assert bank.broken_rules() == [
        "source may only be at company: the source shop (20.03MB) went from office (company) to seoul/zone-b (cloud)",
        "customer data may be nowhere: the customer data orders (3GB) went from office (company) to seoul (cloud)",
    ]


def test_what_was_built_is_in_a_fork_and_in_a_saved_cluster(bank: Cluster, tmp_path: Path) -> None:
    bank.mirror("docker.io", at="seoul")
    bank.rule("source", ["company"])
    bank.cut_link("office", "seoul")
    bank.heal_link("office", "seoul")
    bank.release("web", f"{IMAGE}:1", "office", DOCKERFILE, "shop", ["go.mod"])
    bank.save(tmp_path / "bank")

    forked, loaded = bank.fork(), Cluster.load(tmp_path / "bank")

    told = [
        (one.kubectl("get pods,events -o yaml"), one.sites.links.carried(), one.builder("office").builds[0].log)
        for one in (bank, forked, loaded)
    ]
    assert told[0] == told[1] == told[2]


def test_a_fork_in_the_middle_of_a_build_goes_on_alike(bank: Cluster) -> None:
    build = bank.begin_build("office", f"{IMAGE}:1", DOCKERFILE, "shop")
    bank.run("10s")

    forked = bank.fork()
    for one in (bank, forked):
        one.run("5m")

    assert build.is_over and forked.builder("office").builds[0].log == build.log


def test_a_pod_that_cannot_pull_over_a_cut_link_tells_so_and_comes_when_it_is_healed(bank: Cluster) -> None:
    for end in ("hub", "office"):  # with one of them, the other would be the way
        bank.cut_link(end, "seoul")
    bank.kubectl("create deployment far --image=httpd")
    bank.run("2m")
    before = bank.kubectl("get events")

    bank.heal_link("office", "seoul")
    bank.run("5m")

    assert "dial tcp: i/o timeout" in before
    assert [pod["status"]["phase"] for pod in bank.client.list("pods", labels="app=far")] == ["Running"]


def test_a_release_whose_build_fails_says_so(bank: Cluster) -> None:
    with pytest.raises(NotReleased, match=r"the build of .* on office failed: process .* exit code: 3"):
        bank.release("web", f"{IMAGE}:1", "office", DOCKERFILE.replace("cpu 40s", "exit 3"), "shop")


def test_waiting_for_what_never_comes_while_no_time_passes_ends(bank: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8slab.kubeadm.building.MOST_EVENTS", 1000)

    def again() -> None:
        bank.loop.call_soon(again)

    again()
    with pytest.raises(HotLoop, match="more than 1,000 callbacks in one second of virtual time"):
        bank.run_until_true(lambda: False, "1h")


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda it: it.build("home", IMAGE, DOCKERFILE, "shop"), 'there is no builder "home"; there are: office, pod'),
        (lambda it: it.build("office", IMAGE, DOCKERFILE, "x"), 'there is no source "x"; there are: shop'),
        (lambda it: it.build("office", "A", DOCKERFILE, "shop"), "repository name"),
        (
            lambda it: it.build("office", IMAGE, DOCKERFILE, "shop", fast=True),
            "a build has no option 'fast'; it has: args",
        ),
        (lambda it: it.builder("office", at="office"), "there is a builder office already"),
        (lambda it: it.builder("x", at="moon"), 'there is no site "moon"'),
        (lambda it: it.builder("x", at="office", pod="a/b"), "a builder stands at a place or in a pod"),
        (lambda it: it.builder("x", at="office", cores=0), "a builder has more than 0 cores"),
        (lambda it: it.builder("x"), 'there is no builder "x"'),
        (lambda it: it.link("office", "moon"), 'there is no site "moon"'),
        (lambda it: it.link("office", "seoul", bandwidth="fast"), "quantities must match"),
        (lambda it: it.cut_link("office", "hub/x"), "there is no link between office and hub/x"),
        (lambda it: it.mirror("quay.io", at="office"), "quay.io has no place yet"),
        (lambda it: it.rule("secrets", ["office"]), "data is one of source, image, customer data, packages"),
        (
            lambda it: it.transfer("x", "y", "office", "seoul", 1),
            "data is one of source, image, customer data, packages",
        ),
        (lambda it: it.transfer("image", "y", "office", "moon", 1), 'there is no site "moon"'),
        (lambda it: it.rule("source", ["moon"]), 'there is no site "moon"'),
        (lambda it: it.source("y", {"a": 1}, at="moon"), 'there is no site "moon"'),
        (lambda it: it.release("web", f"{IMAGE}:1", "pod", "FORM x", "shop"), "unknown instruction: FORM"),
    ],
)
def test_what_cannot_be_is_refused(same_bank: Cluster, act: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        act(same_bank)
