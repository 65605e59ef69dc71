"""The Vertical Pod Autoscaler on a whole cluster, in each of its modes.

Source: github.com/kubernetes/autoscaler, vertical-pod-autoscaler/docs/features.md, "Update modes".
"""

from __future__ import annotations

from typing import Any

import pytest

from k8slab import Cluster

Obj = dict[str, Any]

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: polinux/stress
        command: [stress]
        args: ["--cpu", "1"]
        resources: {requests: {cpu: 200m, memory: 50Mi}}
---
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: web}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  updatePolicy: {updateMode: "%s"}
"""


def running(mode: str) -> Cluster:
    """A cluster in which two Pods use far more than they ask for, a quarter of an hour later."""
    cluster = Cluster(nodes=2)
    cluster.install_vertical_autoscaler()
    cluster.apply(WEB % mode)
    cluster.run("15m")
    return cluster


def pods(cluster: Cluster) -> list[Obj]:
    return list(cluster.client.list("Pod", "default"))


def requests(pod: Obj) -> str:
    found: str = pod["spec"]["containers"][0]["resources"]["requests"]["cpu"]
    return found


def said(cluster: Cluster) -> set[str]:
    return {event["reason"] for event in cluster.client.list("Event", "default") if "VPA" in event["reason"]}


@pytest.mark.parametrize(
    ("mode", "asked", "events"),
    [
        ("Off", {"200m"}, set()),
        ("Initial", {"200m"}, set()),
        ("Recreate", {"1168m"}, {"EvictedByVPA"}),
        ("InPlaceOrRecreate", {"1168m"}, {"InPlaceResizedByVPA"}),
    ],
)
def test_each_mode_goes_as_far_as_it_says(mode: str, asked: set[str], events: set[str]) -> None:
    cluster = running(mode)

    found = pods(cluster)

    vpa = cluster.client.get("vpa", "web", "default")
    (told,) = vpa["status"]["recommendation"]["containerRecommendations"]
    assert (len(found), {requests(pod) for pod in found}, said(cluster)) == (2, asked, events)
    assert told["target"] == {"cpu": "1168m", "memory": "262144k"}


def test_in_place_nobody_is_restarted() -> None:
    cluster = running("InPlaceOrRecreate")

    statuses = [pod["status"]["containerStatuses"][0] for pod in pods(cluster)]

    assert [status["restartCount"] for status in statuses] == [0, 0]
    assert {status["resources"]["requests"]["cpu"] for status in statuses} == {"1168m"}


def test_new_pods_are_made_as_is_recommended() -> None:
    cluster = running("Initial")

    cluster.kubectl("delete pod -l app=web --force")
    cluster.settle()

    notes = [pod["metadata"]["annotations"] for pod in pods(cluster)]
    assert {requests(pod) for pod in pods(cluster)} == {"1168m"}
    assert [note["vpaUpdates"] for note in notes] == [
        "Pod resources updated by web: container 0: cpu request, memory request"
    ] * 2


def test_what_fits_nowhere_is_made_anew() -> None:
    """An in-place resize that is infeasible ends in an eviction."""
    cluster = Cluster(nodes=2, cpu="1")
    cluster.install_vertical_autoscaler()
    cluster.apply(WEB % "InPlaceOrRecreate")

    cluster.run("15m")

    assert "EvictedByVPA" in said(cluster)


def test_it_is_installed_once_and_lived_again() -> None:
    cluster = running("Off")
    cluster.install_vertical_autoscaler()

    again = cluster.fork()

    assert again.kubectl("get vpa") == cluster.kubectl("get vpa")
    assert "web" in cluster.kubectl("get vpa") and "True" in cluster.kubectl("get vpa")
