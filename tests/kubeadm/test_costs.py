"""The bill of a whole cluster."""

from __future__ import annotations

from typing import Any

import pytest
from kubeadm_bench import manifest

from k8slab import Cluster
from k8slab.world import PriceError

HOUR = 3600


@pytest.fixture(scope="module")
def hour() -> Cluster:
    """A cluster in a cloud whose pods ask for CPU, an hour old; only to be looked at."""
    cluster = Cluster(nodes=2, cloud="nimbus")
    asked = "resources: {requests: {cpu: '1', memory: 2Gi}}, ports"
    cluster.apply(manifest(2).replace("ports: [{c", f"{asked}: [{{c"))
    cluster.run_until(cluster.loop.start_s + HOUR)
    return cluster


def test_an_hour_of_three_machines(hour: Cluster) -> None:
    bill = hour.bill()

    assert bill.dollars == pytest.approx(3 * 0.17)
    assert bill.total == pytest.approx(3 * 0.17 * 1400)
    assert bill.by("vm") == pytest.approx(dict.fromkeys(["control-plane", "node-1", "node-2"], 238.0))


def test_who_asked_for_a_quarter_of_a_machine_pays_for_it(hour: Cluster) -> None:
    bill = hour.bill("30m")

    pods_of_web = {name: won for name, won in bill.by("pod").items() if name.startswith("default/web-")}
    assert list(pods_of_web.values()) == pytest.approx([119 / 4] * 2)
    assert bill.by("namespace")["default"] == pytest.approx(119 / 2)
    assert bill.by("label:app")["web"] == pytest.approx(119 / 2)
    assert sum(bill.by("pod").values()) == pytest.approx(bill.total)


@pytest.mark.parametrize("key", ["kind", "name", "node", "namespace", "pod", "label:app", "zone"])
def test_however_it_is_told_it_is_the_same_sum(hour: Cluster, key: str) -> None:
    assert sum(hour.bill().by(key).values()) == pytest.approx(hour.bill().total)
    assert hour.bill().text(key).splitlines()[-1].startswith("total")


def test_other_prices_hold_for_the_past_too_and_for_once(hour: Cluster) -> None:
    assert hour.bill(prices={"vm.c4.hour": 1}).dollars == pytest.approx(3)
    assert hour.bill().dollars == pytest.approx(3 * 0.17)

    other = hour.fork()
    other.prices({"vm.c4.hour": 2, "won_per_dollar": 1000})

    assert other.bill().total == pytest.approx(6000)


def test_a_period_in_the_past(hour: Cluster) -> None:
    start = hour.loop.start_s

    assert hour.bill(start + 600, start + 1200).dollars == pytest.approx(3 * 0.17 / 6)


@pytest.mark.parametrize(("since", "until"), [(-1.0, None), (0.0, -1.0), (10.0, 5.0), (0.0, 1e9)])
def test_a_period_that_was_not_lived_is_refused(hour: Cluster, since: float, until: Any) -> None:
    start = hour.loop.start_s

    with pytest.raises(ValueError, match="this cluster has lived from"):
        hour.bill(start + since, None if until is None else start + until)


def test_what_was_counted_before_a_moment_at_which_nobody_looked_is_found_in_the_past() -> None:
    cluster = Cluster(nodes=2, cloud="nimbus")
    cluster.apply(manifest(2))
    cluster.settle()
    for _ in range(20):
        cluster.request("http://web/")
    moment = cluster.now
    cluster.run("5m")
    for _ in range(20):
        cluster.request("http://web/")

    both, second = cluster.bill(), cluster.bill(since=moment + 60)

    assert both.dollars > second.dollars
    carried = [sum(line.amount for line in bill.lines if line.kind == "traffic") for bill in (both, second)]
    assert 0 < carried[1] < carried[0]


def test_a_bill_does_not_change_the_cluster(hour: Cluster) -> None:
    revision, random = hour.etcd.revision, hour.loop.random.getstate()

    hour.bill("10m")

    assert (hour.etcd.revision, hour.loop.random.getstate()) == (revision, random)


def test_bad_prices_are_refused_before_anything_is_built() -> None:
    with pytest.raises(PriceError, match='knows no "rent"'):
        Cluster(nodes=0, prices={"rent": 1})


def test_bad_prices_are_refused_and_the_old_ones_stay(hour: Cluster) -> None:
    with pytest.raises(PriceError, match='"spot" in the table of prices must be a number'):
        hour.prices({"spot": "cheap"})

    assert hour.prices()["spot"] == 0.3
