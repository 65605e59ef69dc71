"""A served cluster whose etcd goes away and comes back: it says so, waits for nothing long, and goes on by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from real_etcd import RealEtcd
from served import CONFIGMAPS, Caller, wait_until

from k8slab.kubeadm import Cluster

PODS = "/api/v1/namespaces/default/pods"
AT_ONCE_S = 3.0
WEB = {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}


class Outage(NamedTuple):
    """How an etcd goes away, and how it comes back."""

    begin: Callable[[RealEtcd], None]
    end: Callable[[RealEtcd], None]


OUTAGES = {"killed": Outage(RealEtcd.kill, RealEtcd.start), "frozen": Outage(RealEtcd.freeze, RealEtcd.thaw)}


@pytest.fixture(params=OUTAGES)
def outage(request: pytest.FixtureRequest) -> Outage:
    """One of the ways."""
    return OUTAGES[request.param]


@pytest.fixture
def kubeconfig(etcd: RealEtcd, tmp_path: Path) -> Iterator[Path]:
    """For the clients of a served cluster on that etcd."""
    cluster = Cluster(nodes=1, store=etcd.url)
    with cluster.serve(speed=10, kubeconfig=tmp_path / "kubeconfig"):
        yield tmp_path / "kubeconfig"
    cluster.etcd.close()


def is_ready(kubeconfig: Path) -> bool:
    """What /readyz says."""
    return Caller(kubeconfig).ask("GET", "/readyz").code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PODS), ("GET", f"{PODS}/web"), ("POST", PODS), ("GET", f"{PODS}?watch=1"), ("DELETE", f"{PODS}/web")],
)
def test_while_etcd_is_away_every_question_is_answered_at_once(
    kubeconfig: Path, etcd: RealEtcd, outage: Outage, method: str, path: str
) -> None:
    caller = Caller(kubeconfig)
    outage.begin(etcd)
    start = time.monotonic()

    codes = {caller.ask(method, path, WEB if method == "POST" else None).code for _ in range(20)}

    status = caller.ask(method, path, WEB if method == "POST" else None).body
    assert time.monotonic() - start < AT_ONCE_S and codes == {503}
    assert (status["kind"], status["reason"]) == ("Status", "ServiceUnavailable") and etcd.url in status["message"]
    outage.end(etcd)


def test_while_etcd_is_away_health_says_so_and_what_needs_no_etcd_is_answered(
    kubeconfig: Path, etcd: RealEtcd, outage: Outage
) -> None:
    """Source: k8s.io/apiserver, pkg/server/healthz (the check etcd)."""
    caller = Caller(kubeconfig)
    outage.begin(etcd)

    answers = {path: caller.ask("GET", path) for path in ("/readyz", "/livez", "/version")}

    assert [answer.code for answer in answers.values()] == [500, 500, 200]
    assert "[-]etcd failed" in answers["/readyz"].body and "[+]ping ok" in answers["/readyz"].body
    outage.end(etcd)


def test_when_etcd_is_back_watches_and_controllers_and_kubelets_go_on(
    kubeconfig: Path, etcd: RealEtcd, outage: Outage
) -> None:
    caller, watch = Caller(kubeconfig), Caller(kubeconfig).open("GET", f"{CONFIGMAPS}?watch=1")
    outage.begin(etcd)
    assert caller.ask("GET", PODS).code == 503

    outage.end(etcd)

    wait_until(lambda: is_ready(kubeconfig))
    assert [caller.create_configmap("blue"), caller.ask("POST", PODS, WEB).code] == [201, 201]
    assert json.loads(watch.readline())["object"]["metadata"]["name"] == "blue"
    wait_until(lambda: caller.ask("GET", f"{PODS}/web").body["status"]["phase"] == "Running")
