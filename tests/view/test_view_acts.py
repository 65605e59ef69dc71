"""What somebody did: one word per write, one sentence for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from objects_of_a_cluster import (
    DEPLOYMENT_CONTROLLER,
    NODE_CONTROLLER,
    REPLICASET_CONTROLLER,
    SCHEDULER,
    endpoints,
    node,
    pod,
    service,
    workload,
)

from k8slab.objects import key_of
from k8slab.view.acts import act_of, sentence
from k8slab.view.recorder import Change
from k8slab.view.words import Words
from k8slab.view.writers import friendly_name

Obj = dict[str, Any]
KUBELETS = ("system:node:node-1", "system:node:node-2")


def write(before: Obj | None, after: Obj | None, by: str = "kubernetes-admin", kind: str = "") -> Change:
    """One write, by an API user."""
    obj = after if after is not None else before
    assert obj is not None
    return Change(kind or obj["kind"], key_of(obj), before, after, 1, 0.0, "MODIFIED", friendly_name(by))


def leaving(obj: Obj) -> Obj:
    return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}


def tainted(number: int) -> Obj:
    return {**node("node-1"), "spec": {"taints": [{"key": f"k{n}", "effect": "NoSchedule"} for n in range(number)]}}


RUNNING = pod("web-1", "node-1")
WEB = workload("Deployment", "web", 3)


@pytest.mark.parametrize(
    ("before", "after", "act"),
    [
        (None, RUNNING, "created"),
        (RUNNING, None, "deleted"),
        (leaving(RUNNING), None, "removed"),
        (RUNNING, leaving(RUNNING), "deleted"),
        (leaving(RUNNING), leaving(pod("web-1", "node-1", is_ready=False)), "changed"),
        (pod("web-1", phase="Pending"), pod("web-1", "node-1", "Pending"), "bound"),
        (pod("web-1", "node-1", is_ready=False), RUNNING, "readied"),
        (RUNNING, pod("web-1", "node-1", is_ready=False), "unreadied"),
        (RUNNING, pod("web-1", "node-1", restarts=1), "restarted"),
        (RUNNING, pod("web-1", "node-1", "Succeeded"), "finished"),
        (RUNNING, pod("web-1", "node-1", "Failed"), "failed"),
        (RUNNING, {**RUNNING, "metadata": {**RUNNING["metadata"], "labels": {"a": "b"}}}, "changed"),
        (node("node-1"), node("node-1", is_ready=False), "silenced"),
        (node("node-1", is_ready=False), node("node-1"), "revived"),
        (tainted(0), tainted(1), "tainted"),
        (tainted(2), tainted(1), "untainted"),
        (tainted(1), {**tainted(1), "status": tainted(1)["status"] | {"phase": "x"}}, "changed"),
        (WEB, workload("Deployment", "web", 5), "scaled"),
        (WEB, workload("Deployment", "web", 3, image="nginx:1.28"), "reimaged"),
        (WEB, workload("Deployment", "web", 3, ready=1), "changed"),
    ],
)
def test_two_forms_of_an_object_tell_an_act(before: Obj | None, after: Obj | None, act: str) -> None:
    assert act_of(write(before, after)) == act


def a_scaling() -> list[Change]:
    """What happens after `kubectl scale`, as far as the pods become Ready on two nodes."""
    pods = [pod(f"web-{number}", phase="Pending") for number in range(2)]
    bound = [pod(f"web-{number}", f"node-{number + 1}", "Pending") for number in range(2)]
    ready = [pod(f"web-{number}", f"node-{number + 1}") for number in range(2)]
    return [
        write(WEB, workload("Deployment", "web", 5)),
        write(workload("ReplicaSet", "web-7c", 3), workload("ReplicaSet", "web-7c", 5), DEPLOYMENT_CONTROLLER),
        *(write(None, new, REPLICASET_CONTROLLER) for new in pods),
        *(write(old, new, SCHEDULER) for old, new in zip(pods, bound, strict=True)),
        *(write(old, new, by) for old, new, by in zip(bound, ready, KUBELETS, strict=True)),
    ]


def test_the_sentence_tells_who_did_what_in_the_order_it_began() -> None:
    assert sentence(a_scaling(), Words("en")) == (
        "You scaled Deployment web, the deployment-controller scaled ReplicaSet web-7c, "
        "the replicaset-controller created 2 Pods, the scheduler bound 2 Pods and kubelets brought 2 Pods to Ready."
    )


def test_the_sentence_in_korean() -> None:
    assert sentence(a_scaling(), Words("ko")) == (
        "나: Deployment web 개수 조정, deployment-controller: ReplicaSet web-7c 개수 조정, "
        "replicaset-controller: Pod 2개 생성, scheduler: Pod 2개 배정, kubelet들: Pod 2개 Ready"
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ([], ""),
        ([write(None, RUNNING, "system:node:node-1")], "The kubelet of node-1 created Pod web-1."),
        ([write(None, RUNNING, "")], "Pod web-1 created."),
        ([write(node("a"), node("a", is_ready=False), NODE_CONTROLLER)], "The node-controller marked Node a NotReady."),
        ([write(None, endpoints("web", {}))], ""),
        ([write(None, {**service("web"), "kind": "Event"})], ""),
        ([write(WEB, workload("Deployment", "web", 3, ready=1), DEPLOYMENT_CONTROLLER)], ""),
        ([write(WEB, workload("Deployment", "web", 3, ready=1))], "You changed Deployment web."),
        ([write(None, WEB), write(None, service("web"))], "You created Deployment web and Service web."),
        (
            [write(None, WEB), write(RUNNING, None), write(None, RUNNING, SCHEDULER)],
            "You created Deployment web and deleted Pod web-1; the scheduler created Pod web-1.",
        ),
        ([write(None, RUNNING, "alice")], "alice created Pod web-1."),
        ([write(None, RUNNING), write(RUNNING, None)], "You created Pod web-1 and deleted Pod web-1."),
    ],
)
def test_only_what_is_worth_a_word_is_in_the_sentence(changes: list[Change], text: str) -> None:
    assert sentence(changes, Words("en")) == text


def test_a_sentence_comes_to_an_end() -> None:
    deeds = [write(None, pod(f"p{number}"), f"user-{number}") for number in range(9)]

    assert sentence(deeds, Words("en")).endswith("user-6 created Pod p6 and …")
