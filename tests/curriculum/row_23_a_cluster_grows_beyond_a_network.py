"""Row 23: one cluster, two, or one that bursts. The number: won a month, and answers of ten in a disaster."""

from __future__ import annotations

from shop import deployment, service

from k8slab.kubeadm import Fleet

PLACEMENT = "fleet.k8slab.dev/placement"


def number(how: str) -> tuple[float, int]:
    fleet = Fleet()
    home = fleet.add("seoul", nodes=2, cloud="seoul")
    web = deployment("db", 12, {})
    web["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "900m"
    if how != "one":
        fleet.add("busan", nodes=2, cloud="busan")
        fleet.link("seoul", "busan")
        fleet.place_from("seoul", "busan")
        web["metadata"]["annotations"] = {PLACEMENT: how, "fleet.k8slab.dev/replicas": "12"}
    fleet.apply([service("db", type="NodePort")])
    fleet.apply([web], "seoul")
    fleet.run("10m")
    cost = fleet.bill().per_month
    for name in home.nodes:
        home.fail(name)
    fleet.run("10m")
    return cost, sum(_answered(fleet) for _ in range(10))


def _answered(fleet: Fleet) -> bool:
    try:
        return fleet.request("db").ok
    except ValueError:  # nobody is left who could let a user in
        return False
