"""Why an object is there, is not well, or is gone: the chain across components, with and without the audit record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from k8slab.client import ObjectList, Reader
from k8slab.kubeadm import Cluster
from k8slab.view.why import Why, why
from k8slab.view.why.words import TEXTS
from k8slab.wire import NotFound, ServiceUnavailable

Obj = dict[str, Any]


class Lost(NamedTuple):
    """A cluster, the node that lost its power, the pod that was on it, and the pod that came instead."""

    cluster: Cluster
    node: str
    old: str
    new: str


@pytest.fixture(scope="module")
def lost() -> Iterator[Lost]:
    cluster = Cluster(nodes=3)
    cluster.kubectl("create deployment web --image=nginx --replicas=3")
    cluster.settle()
    cluster.kubectl("expose deployment web --port=80")
    cluster.settle()
    old = cluster.client.list("Pod", "default")[0]
    before = {pod["metadata"]["name"] for pod in cluster.client.list("Pod", "default")}
    node = old["spec"]["nodeName"]
    cluster.fail(node)
    cluster.run("6m")
    (new,) = {pod["metadata"]["name"] for pod in cluster.client.list("Pod", "default")} - before
    yield Lost(cluster, node, old["metadata"]["name"], new)


def test_a_replacement_is_explained_back_to_the_silence_of_a_kubelet(lost: Lost) -> None:
    cluster, node, old, new = lost

    told = why(cluster.client, f"pod/{new}")

    assert told.chain.reason == (
        f"replicaset-controller created Pod {new}",
        f"node-controller deleted Pod {old}",
        f"node-controller tainted Node {node}",
        f"node-controller marked Node {node} NotReady",
        told.chain.reason[4],
    )
    assert re.fullmatch(f"nothing had been heard of the kubelet of {node} for 4\\d s", told.chain.reason[4])


def test_every_step_stands_after_those_it_follows_from(lost: Lost) -> None:
    cluster, _, _, new = lost

    steps = why(cluster.client, new).chain.steps

    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert all(number < step.number for step in steps for number in step.on)
    assert sum(bool(step.on) for step in steps) >= 5


def test_a_controller_says_what_was_wanted_and_what_was_there(lost: Lost) -> None:
    cluster, _, _, new = lost

    (made,) = (step for step in why(cluster.client, new).chain.steps if step.did.endswith(f"created Pod {new}"))

    assert re.fullmatch(r"it saw ReplicaSet web-\w+: 3 wanted, 2 there", made.because)


def test_the_scheduler_says_by_how_many_points(lost: Lost) -> None:
    cluster, _, _, new = lost

    (bound,) = (step for step in why(cluster.client, new).chain.steps if " bound " in step.did)

    assert re.search(r"node-\d had \d+ points; 2 of 4 Nodes passed the filters", bound.because)


def test_a_pod_that_cannot_end_says_what_it_waits_for(lost: Lost) -> None:
    cluster, node, old, _ = lost

    told = why(cluster.client, old)

    assert told.sentence.startswith(f"Pod {old} is terminating: node-controller deleted Pod {old}")
    assert any(f"Its Node {node} is not Ready" in line for line in told.findings)


def test_a_node_tells_its_conditions_taints_and_its_last_heartbeat(lost: Lost) -> None:
    cluster, node, _, _ = lost

    told = why(cluster.client, f"node/{node}")

    found = "\n".join(told.findings)
    assert told.sentence.startswith(f"Node {node} is not Ready: node-controller marked Node {node} NotReady ← nothing")
    assert "node.kubernetes.io/unreachable:NoExecute" in found
    assert "Ready is Unknown: NodeStatusUnknown" in found
    assert re.search(r"renewed its Lease \dm", found)


def test_an_endpoint_slice_names_the_pod_that_changed_it(lost: Lost) -> None:
    cluster, _, old, _ = lost
    (name,) = (one["metadata"]["name"] for one in cluster.client.list("EndpointSlice", "default")
               if one["metadata"]["name"].startswith("web-"))  # fmt: skip

    told = why(cluster.client, f"endpointslice/{name}")

    assert told.chain.reason[-1] == "you created Service web"
    assert f"because it saw other Pods, or another state of them: {old}" in told.text


@pytest.mark.parametrize(
    ("asked", "kind"),
    [("deploy/web", "Deployment"), ("web", "Deployment"), ("default/deployment/web", "Deployment"),
     ("svc/web", "Service"), ("rs/web", "ReplicaSet"), ("kube-system/coredns", "Deployment"), ("pod/web", "Pod"),
     ("control-plane", "Node")],
)  # fmt: skip
def test_an_object_has_several_names(lost: Lost, asked: str, kind: str) -> None:
    told = why(lost[0].client, asked)

    assert told.thing is not None and told.thing.kind == kind
    assert told.chain.steps


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("nope", "There is no Pod nope, and none is on record; there are: web-"),
        ("deploy/nope", "There is no Deployment nope, and none is on record; there are: web."),
        ("shop/nope", "There is no Pod shop/nope, and none is on record."),
        ("default/unicorn/nope", 'the server doesn\'t have a resource type "unicorn"'),
    ],
)
def test_what_never_was_is_said_to_be_so(lost: Lost, asked: str, sentence: str) -> None:
    assert why(lost[0].client, asked).sentence.startswith(sentence)


def test_the_korean_chain_tells_the_same_steps(lost: Lost) -> None:
    cluster, node, _, new = lost

    english, korean = why(cluster.client, new), why(cluster.client, new, lang="ko")

    assert len(english.chain.steps) == len(korean.chain.steps)
    assert f"node-controller: Node {node} taint 추가" in korean.sentence and "이유:" in korean.html


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(nodes=1)


def pod(name: str, **spec: Any) -> Obj:
    spec = {"containers": [{"name": "c", "image": "nginx"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def test_a_scaled_down_pod_is_traced_to_who_scaled(cluster: Cluster) -> None:
    cluster.kubectl("create deployment web --image=nginx --replicas=2")
    cluster.settle()
    cluster.kubectl("scale deployment web --replicas=0")
    cluster.settle()
    name = next(call.name for call in cluster.api.audit.entries if call.verb == "delete" and call.resource == "pods")

    told = why(cluster.client, name)

    assert told.sentence.endswith("you scaled Deployment web") and " is gone: " in told.sentence
    assert any("1 wanted" not in step.because and "0 wanted, 2 there" in step.because for step in told.chain.steps)


def crashing() -> Obj:
    return pod("bad", containers=[{"name": "c", "image": "busybox", "command": ["false"]}])


@pytest.mark.parametrize(
    ("obj", "found"),
    [
        (pod("bad", nodeSelector={"disk": "none"}), "It has no Node yet: 0/2 nodes are available"),
        (pod("bad", schedulingGates=[{"name": "x.y/z"}]), "It has scheduling gates, .* looks at it: x.y/z"),
        (pod("bad", containers=[{"name": "c", "image": "nginx:nope"}]), "container c: ImagePullBackOff"),
        (crashing(), r"container c: CrashLoopBackOff.*, restarted \d+ times, ended before with Error \(exit code 1\)"),
        (pod("bad"), "Nothing is wrong with it."),
    ],
)
def test_the_state_of_a_pod_says_what_keeps_it(cluster: Cluster, obj: Obj, found: str) -> None:
    cluster.apply(obj)
    cluster.run("2m")

    assert re.search(found, "\n".join(why(cluster.client, "bad").findings))


def test_finalizers_are_named_when_they_hold_an_object(cluster: Cluster) -> None:
    cluster.apply(pod("bad") | {"metadata": {"name": "bad", "namespace": "default", "finalizers": ["a.b/c"]}})
    cluster.client.delete("Pod", "bad", "default")
    cluster.run("1m")

    told = why(cluster.client, "bad")

    assert told.sentence == "Pod bad is terminating: you deleted Pod bad"
    assert "It waits for its finalizers to be taken away: a.b/c" in told.findings


def test_a_node_that_only_was_cordoned_says_so(cluster: Cluster) -> None:
    cluster.kubectl("cordon node-1")

    assert "It is cordoned: no new Pod comes here." in why(cluster.client, "node/node-1").findings


class Plain:
    """Another cluster: everything but the slab's own group."""

    def __init__(self, reader: Reader, error: Exception) -> None:
        self._reader, self._error = reader, error

    def list(self, kind: str, *args: Any, **options: Any) -> ObjectList:
        if kind.endswith("slab.k8slab.dev"):
            raise self._error
        return self._reader.list(kind, *args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


def told_plainly(cluster: Cluster, what: str, error: Exception) -> Why:
    return why(Plain(cluster.client, error), what)  # type: ignore[arg-type]


def test_without_a_record_owners_managers_and_events_tell_and_it_is_said(cluster: Cluster) -> None:
    cluster.kubectl("create deployment web --image=nginx")
    cluster.settle()

    told = told_plainly(cluster, "pod/web", NotFound("no such resource"))

    assert "This API keeps no audit record" in told.text
    dids = [step.did for step in told.chain.steps]
    assert dids[0] == "you created Deployment web" and dids[1].startswith("controller-manager created ReplicaSet web-")
    assert any(did.startswith("Event Started") for did in dids)
    assert any(did.startswith("kubelet node-1 wrote status of Pod web-") for did in dids)


def test_a_server_that_does_not_answer_is_said_to_be_silent(cluster: Cluster) -> None:
    told = told_plainly(cluster, "pod/web", ServiceUnavailable("down"))

    assert told.text == "The API server does not answer, so there is nothing to tell: down"


def test_values_of_secrets_are_never_told(cluster: Cluster) -> None:
    for value in ("aGVsbG8=", "Z3V0ZW4="):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
        cluster.apply(secret | {"data": {"k": value}})

    told = why(cluster.client, "secret/s")

    assert len(told.chain.steps) == 2
    assert not re.search("aGVsbG8|Z3V0ZW4|hello|guten", told.text + told.html)


def test_texts_from_the_cluster_are_escaped(cluster: Cluster) -> None:
    note = {"metadata": {"name": "n", "namespace": "default", "annotations": {"a": "<script>"}}}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", **note, "data": {"x": "<b>"}})
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", **note, "data": {"x": "<i>"}})

    html = why(cluster.client, "cm/n").html

    assert "<i>" not in html and "&lt;i&gt;" in html


def test_both_languages_have_the_same_texts_about_why() -> None:
    def blanks(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert TEXTS["en"].keys() == TEXTS["ko"].keys()
    assert all(blanks(TEXTS["en"][key]) == blanks(TEXTS["ko"][key]) for key in TEXTS["en"])


def last_deleted(cluster: Cluster, prefix: str) -> str:
    """The name of the pod that was deleted or evicted last."""
    ends = [call for call in cluster.api.audit.entries if call.verb == "delete" or call.subresource == "eviction"]
    return next(call.name for call in reversed(ends) if call.name.startswith(prefix) and call.code < 400)


def test_a_victim_of_preemption_names_who_needed_the_room(cluster: Cluster) -> None:
    resources = {"requests": {"cpu": "3500m"}}
    containers = [{"name": "c", "image": "nginx", "resources": resources}]
    cluster.apply(pod("small", containers=containers))
    cluster.settle()
    high = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 7}
    cluster.apply(high)
    cluster.apply(pod("vip", containers=containers, priorityClassName="high"))
    cluster.run("40s")

    told = why(cluster.client, "small")

    assert told.chain.reason[1:] == ("scheduler deleted Pod small", "you created Pod vip")
    assert "because Pod vip, of priority 7, needed the room" in told.text


def test_a_drained_pod_was_evicted_by_who_drained(cluster: Cluster) -> None:
    cluster.kubectl("create deployment web --image=nginx")
    cluster.settle()
    cluster.kubectl("drain node-1 --ignore-daemonsets")
    cluster.run("40s")

    told = why(cluster.client, last_deleted(cluster, "web-"))

    assert "you evicted Pod web-" in told.text


def test_what_a_namespace_takes_along_says_so(cluster: Cluster) -> None:
    cluster.kubectl("create namespace shop")
    cluster.kubectl("run x --image=nginx -n shop")
    cluster.settle()
    cluster.kubectl("delete namespace shop")
    cluster.run("1m")

    told = why(cluster.client, "shop/x")

    assert told.chain.reason[-2:] == ("namespace-controller deleted Pod shop/x", "you deleted Namespace shop")


def test_what_an_owner_takes_along_is_traced_to_who_deleted_it(cluster: Cluster) -> None:
    cluster.kubectl("create deployment web --image=nginx")
    cluster.settle()
    cluster.kubectl("delete deployment web")
    cluster.run("40s")

    told = why(cluster.client, last_deleted(cluster, "web-"))

    assert [text.split()[0] for text in told.chain.reason[1:]] == ["generic-garbage-collector"] * 2 + ["you"]


WORK = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox", "command": ["true"]}]}
JOB = {"template": {"spec": WORK}}
AGENT = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}


@pytest.mark.parametrize(
    ("group", "kind", "spec", "because"),
    [
        ("batch", "Job", JOB, "it saw Job made with fewer Pods than it runs at a time"),
        ("batch", "CronJob", {"schedule": "* * * * *", "jobTemplate": {"spec": JOB}},
         "the schedule of CronJob made was due"),
        ("apps", "DaemonSet", {"selector": {"matchLabels": {"a": "b"}}, "template": AGENT},
         "it saw Node node-1 without a Pod of DaemonSet made"),
        ("apps", "StatefulSet", {"selector": {"matchLabels": {"a": "b"}}, "template": AGENT, "serviceName": "x"},
         "it saw StatefulSet made: 1 wanted, 0 there"),
    ],
)  # fmt: skip
def test_each_kind_of_owner_has_its_reason(cluster: Cluster, group: str, kind: str, spec: Obj, because: str) -> None:
    metadata = {"name": "made", "namespace": "default"}
    cluster.apply({"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec})
    cluster.run("70s")

    told = why(cluster.client, "pod/made")

    assert because in [step.because for step in told.chain.steps]
    assert told.chain.reason[-1] == f"you created {kind} made"


def test_an_autoscaler_says_what_it_measured(cluster: Cluster) -> None:
    metadata = {"name": "web", "namespace": "default"}
    requests = {"resources": {"requests": {"cpu": "100m"}}}
    container = {"name": "c", "image": "nginx", "ports": [{"containerPort": 80}], **requests}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    cluster.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
    cluster.settle()
    for command in ("expose deployment web --port=80", "autoscale deployment web --min=1 --max=5 --cpu=50%"):
        cluster.kubectl(command)
    cluster.start_load("http://web/", 400)
    cluster.run("150s")

    scaled = [step for step in why(cluster.client, "deploy/web").chain.steps if "autoscaler scaled" in step.did]

    assert scaled[0].because == "New size: 4; reason: cpu resource utilization (percentage of request) above target"
    assert [step.because.split(";")[0] for step in scaled] == [f"New size: {s.fields[0].after}" for s in scaled]


def test_writes_that_the_store_has_forgotten_are_named_as_such(cluster: Cluster) -> None:
    """Source: cmd/kube-apiserver, --etcd-compaction-interval: five minutes."""
    cluster.kubectl("create deployment web --image=nginx")
    cluster.run("12m")

    told = why(cluster.client, "deploy/web")

    assert told.chain.faded > 0 and "older than what the store keeps" in told.text
    assert told.chain.reason == ("you created Deployment web",)


def test_a_static_pod_comes_from_a_disk(cluster: Cluster) -> None:
    told = why(cluster.client, "kube-system/pod/kube-apiserver")

    assert told.chain.reason[-1] == "a manifest of a static Pod lies on its own disk"


def test_the_middle_of_a_long_life_is_left_out(cluster: Cluster) -> None:
    for number in range(60):
        name = {"name": "c", "namespace": "default"}
        cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": name, "data": {"k": str(number)}})

    told = why(cluster.client, "cm/c")

    assert told.chain.left_out == 60 - len(told.chain.steps) > 0
    assert f"… {told.chain.left_out} steps in between are left out" in told.text
    assert told.chain.steps[-1].fields[0].after == "59"
