"""Several clusters: what has no room in one runs in another, and what the line between them is needed for."""

from __future__ import annotations

from typing import Any

import pytest
from kubeadm_bench import manifest

from k8slab import Cluster, Fleet

BURST = "fleet.k8slab.dev/placement: burst"
SPREAD = "fleet.k8slab.dev/placement: spread, fleet.k8slab.dev/replicas: '{}'"


def web(annotations: str, replicas: int, cpu: str = "1") -> str:
    """A Deployment whose Pods ask for CPU, and a Service that is reached from outside."""
    text = manifest(replicas).replace("{name: web}", f"{{name: web, annotations: {{{annotations}}}}}", 1)
    text = text.replace("ports: [{container", f"resources: {{requests: {{cpu: '{cpu}'}}}}, ports: [{{container")
    return text.replace("spec: {selector", "spec: {type: NodePort, selector")


def two(**given: Any) -> Fleet:
    """A company with one machine of four CPUs, and a cloud with two, joined by a line."""
    fleet = Fleet(seed=1)
    fleet.add("company", nodes=1)
    fleet.add("seoul", nodes=2, cloud="nimbus", **given)
    fleet.link("company", "seoul", latency="4ms")
    fleet.place_from("company", "seoul")
    return fleet


def apply(fleet: Fleet, text: str) -> None:
    """The Deployment in the company, the Service everywhere."""
    deployment, service = text.split("---")
    fleet.apply(deployment, "company")
    fleet.apply(service)


def reasons(cluster: Cluster) -> list[str]:
    """The reasons of the controller's Events."""
    events = cluster.client.list("Event", "default")
    return [event["reason"] for event in events if event["source"]["component"] == "fleet-controller"]


@pytest.fixture(scope="module")
def burst() -> Fleet:
    """A fleet in which two of five Pods had no room in the company; only to be looked at."""
    fleet = two()
    apply(fleet, web(BURST, 5))
    fleet.run("2m")
    return fleet


def test_what_has_no_room_runs_in_the_next_cluster(burst: Fleet) -> None:
    assert burst.ready("web") == {"company": 3, "seoul": 2}
    assert burst["company"].client.get("Deployment", "web", "default")["spec"]["replicas"] == 5
    assert reasons(burst["company"]) == ["Placed"]


def test_it_waits_for_half_a_minute_first() -> None:
    fleet = two()
    apply(fleet, web(BURST, 5))

    fleet.run("29s")

    assert fleet.ready("web") == {"company": 3, "seoul": 0}


def test_when_there_is_room_again_the_other_cluster_is_left() -> None:
    fleet = two()
    apply(fleet, web(BURST, 5))
    fleet.run("2m")

    fleet["company"].add_node("more")
    fleet.run("2m")

    assert fleet.ready("web") == {"company": 5, "seoul": 0}
    assert "No resources" in fleet["seoul"].kubectl("get deployments")


def test_what_has_no_room_there_either_runs_in_the_one_after() -> None:
    fleet = two()
    fleet.add("busan", nodes=1)
    fleet.link("company", "busan")
    fleet.place_from("company", "seoul", "busan")
    apply(fleet, web(BURST, 12))

    fleet.run("3m")

    assert fleet.ready("web") == {"company": 3, "seoul": 6, "busan": 3}


@pytest.mark.parametrize(("replicas", "parts"), [(4, (2, 2)), (5, (3, 2)), (1, (1, 0)), (0, (0, 0))])
def test_a_number_is_spread_evenly(replicas: int, parts: tuple[int, int]) -> None:
    fleet = two()
    apply(fleet, web(SPREAD.format(replicas), 1, cpu="100m"))

    fleet.run("1m")

    assert tuple(fleet.ready("web").values()) == parts


def test_a_number_that_is_none_is_told_and_nothing_is_placed() -> None:
    fleet = two()
    apply(fleet, web(SPREAD.format("many"), 1))

    fleet.run("1m")

    assert fleet.ready("web") == {"company": 1, "seoul": 0}
    assert reasons(fleet["company"]) == ["InvalidPlacement"]


def test_a_line_that_is_cut_stops_changes_and_what_runs_runs_on() -> None:
    fleet = two()
    apply(fleet, web(BURST, 5))
    fleet.run("2m")
    fleet.cut("company", "seoul")
    fleet["company"].kubectl("scale deployment web --replicas=3")
    fleet.run("3m")
    assert fleet.ready("web") == {"company": 3, "seoul": 2}
    assert reasons(fleet["company"]) == ["Placed", "ClusterLost"]

    fleet.heal("company", "seoul")
    fleet.run("2m")

    assert fleet.ready("web") == {"company": 3, "seoul": 0}


def test_the_part_of_a_cluster_that_is_out_of_reach_for_a_minute_goes_to_the_others() -> None:
    fleet = two()
    apply(fleet, web(SPREAD.format(4), 1, cpu="100m"))
    fleet.run("1m")
    fleet.cut("company", "seoul")
    fleet.run("50s")
    assert fleet.ready("web") == {"company": 2, "seoul": 2}

    fleet.run("40s")
    assert fleet.ready("web") == {"company": 4, "seoul": 2}  # nobody can tell it to stop
    fleet.heal("company", "seoul")
    fleet.run("1m")

    assert fleet.ready("web") == {"company": 2, "seoul": 2}


def test_when_a_whole_cluster_is_down_users_are_served_by_the_other(burst: Fleet) -> None:
    fleet = two()
    apply(fleet, web(SPREAD.format(2), 1, cpu="100m"))
    fleet.run("1m")
    for name in fleet["company"].nodes:
        fleet["company"].fail(name)

    assert fleet.request("web").status == 200
    assert fleet.ready("web") == {"company": 0, "seoul": 1}


def test_a_deployment_of_the_same_name_that_is_somebody_elses_is_left_alone() -> None:
    fleet = two()
    fleet["seoul"].apply(manifest(1))
    apply(fleet, web(BURST, 5))

    fleet.run("2m")

    assert fleet["seoul"].client.get("Deployment", "web", "default")["spec"]["replicas"] == 1


def test_what_is_deleted_goes_everywhere() -> None:
    fleet = two()
    apply(fleet, web(BURST, 5))
    fleet.run("2m")

    fleet["company"].kubectl("delete deployment web")
    fleet.run("2m")

    assert fleet.ready("web") == {"company": 0, "seoul": 0}


def test_one_bill_tells_the_clusters_apart(burst: Fleet) -> None:
    bill = burst.bill()

    assert sum(bill.by("cluster").values()) == pytest.approx(bill.total)
    assert set(bill.by("cluster")) == {"company", "seoul"}
    assert "company/company - seoul" in bill.by("line")
    assert bill.total == pytest.approx(sum(cluster.bill().total for cluster in burst.clusters.values()))


def test_the_same_seed_gives_the_same_history(burst: Fleet) -> None:
    again = two()
    apply(again, web(BURST, 5))
    again.run("2m")

    for name, cluster in burst.clusters.items():
        assert again[name].etcd.revision == cluster.etcd.revision
        assert again[name].kubectl("get pods -o wide") == cluster.kubectl("get pods -o wide")


def test_bad_input_is_refused(burst: Fleet) -> None:
    with pytest.raises(ValueError, match='there is no cluster "mars"; there are: company, seoul'):
        burst.link("company", "mars")
    with pytest.raises(ValueError, match="there is a cluster 'seoul' already"):
        burst.add("seoul")
    with pytest.raises(ValueError, match="nobody outside reaches default/nothing: make it"):
        burst.request("nothing")
    with pytest.raises(ValueError, match="costs nothing"):
        Fleet().bill()


def test_a_cluster_of_a_fleet_cannot_be_forked_alone(burst: Fleet) -> None:
    for cluster in burst.clusters.values():
        with pytest.raises(ValueError, match="shares its time with others"):
            cluster.fork()
