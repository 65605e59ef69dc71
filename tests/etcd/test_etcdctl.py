"""What a person sees and does past the API, with etcdctl."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_etcd import NO_ETCD, RealEtcd, etcd_program
from served import CONFIGMAPS, Caller

from k8slab.kubeadm import Cluster

Etcdctl = Callable[..., str]
CRONTABS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {kind: CronTab, plural: crontabs, singular: crontab}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
MORE = """
{apiVersion: stable.example.com/v1, kind: CronTab, metadata: {name: mine, namespace: default}}
---
{apiVersion: v1, kind: Endpoints, metadata: {name: db, namespace: default}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: default}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old, namespace: default}
spec:
  replicas: 0
  selector: {app: old}
  template: {metadata: {labels: {app: old}}, spec: {containers: [{name: old, image: nginx}]}}
"""


def etcdctl_at(etcd: RealEtcd) -> Etcdctl:
    """What etcdctl prints about this server."""
    program = etcd_program("etcdctl")
    if program is None:
        pytest.skip(NO_ETCD)

    def etcdctl(*words: str) -> str:
        command = [program, "--endpoints", etcd.url, *words]
        return subprocess.run(command, env={"ETCDCTL_API": "3"}, capture_output=True, check=True, text=True).stdout

    return etcdctl


@pytest.fixture
def etcdctl(etcd: RealEtcd) -> Etcdctl:
    """What etcdctl prints."""
    return etcdctl_at(etcd)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcdctl]:
    """A server on which a cluster has left something of many kinds."""
    program = etcd_program()
    if program is None:
        pytest.skip(NO_ETCD)
    etcd = RealEtcd(program, tmp_path_factory.mktemp("layout") / "etcd")
    cluster = Cluster(nodes=1, store=etcd.url)
    cluster.kubectl("create deployment web --image=nginx")
    cluster.kubectl("create secret generic key --from-literal=a=b")
    cluster.apply(CRONTABS)
    cluster.settle()
    cluster.apply(MORE)
    cluster.etcd.close()
    yield etcdctl_at(etcd)
    etcd.kill()


@pytest.mark.parametrize(
    "key",
    [
        "/registry/apiextensions.k8s.io/customresourcedefinitions/crontabs.stable.example.com",
        "/registry/clusterrolebindings/cluster-admin",
        "/registry/clusterroles/cluster-admin",
        "/registry/configmaps/default/settings",
        "/registry/controllers/default/old",
        "/registry/deployments/default/web",
        "/registry/endpointslices/default/kubernetes",
        "/registry/ingress/default/web",
        "/registry/leases/kube-node-lease/node-1",
        "/registry/leases/kube-system/kube-scheduler",
        "/registry/minions/node-1",
        "/registry/namespaces/kube-system",
        "/registry/pods/kube-system/etcd-control-plane",
        "/registry/roles/kube-system/system::leader-locking-kube-scheduler",
        "/registry/secrets/default/key",
        "/registry/serviceaccounts/default/default",
        "/registry/services/endpoints/default/db",
        "/registry/services/specs/default/kubernetes",
        "/registry/stable.example.com/crontabs/default/mine",
    ],
)
def test_keys_are_laid_out_as_kubernetes_lays_them_out(layout: Etcdctl, key: str) -> None:
    """Source: test/integration/etcd/data.go (ExpectedEtcdPath)."""
    keys = layout("get", "--prefix", "/registry", "--keys-only").split()

    assert key in keys


def test_a_value_is_the_object_as_json_without_its_resource_version(layout: Etcdctl) -> None:
    """Built-in kinds are protobuf in a real cluster; custom ones are JSON there, too."""
    node = json.loads(layout("get", "/registry/minions/node-1", "--print-value-only"))

    assert (node["apiVersion"], node["kind"], node["metadata"]["name"]) == ("v1", "Node", "node-1")
    assert "resourceVersion" not in node["metadata"]


@pytest.fixture
def serve(etcd: RealEtcd, tmp_path: Path) -> Iterator[Callable[[], Caller]]:
    """Start servers on one etcd; answers a client of each."""
    open_: list[tuple[Cluster, object]] = []

    def serve() -> Caller:
        cluster = Cluster(agents=(), store=etcd.url)
        server = cluster.serve(speed=0, kubeconfig=tmp_path / f"kubeconfig-{len(open_)}")
        open_.append((cluster, server))
        return Caller(server.kubeconfig)

    yield serve
    for cluster, server in open_:
        server.close()  # type: ignore[attr-defined]
        cluster.etcd.close()


def test_what_was_compacted_is_gone_for_lists_and_watches(serve: Callable[[], Caller], etcdctl: Etcdctl) -> None:
    """Source: kubernetes.io, API concepts, "410 Gone responses"."""
    old = serve()
    old.create_configmap("red")
    revision = old.ask("GET", CONFIGMAPS).body["metadata"]["resourceVersion"]
    old.create_configmap("blue")
    etcdctl("compact", old.ask("GET", CONFIGMAPS).body["metadata"]["resourceVersion"])
    new = serve()

    exact = f"{CONFIGMAPS}?resourceVersion={revision}&resourceVersionMatch=Exact"
    listed = [caller.ask("GET", exact) for caller in (old, new)]
    event = json.loads(new.open("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={revision}").readline())

    assert [(answer.code, answer.body["reason"]) for answer in listed] == [(410, "Expired")] * 2
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_a_compaction_by_hand_disturbs_nobody(serve: Callable[[], Caller], etcdctl: Etcdctl) -> None:
    caller, watcher = serve(), serve()
    watch = watcher.open("GET", f"{CONFIGMAPS}?watch=1")
    caller.create_configmap("red")

    etcdctl("compact", caller.ask("GET", CONFIGMAPS).body["metadata"]["resourceVersion"])
    caller.create_configmap("blue")

    assert [json.loads(watch.readline())["object"]["metadata"]["name"] for _ in range(2)] == ["red", "blue"]
    assert caller.configmaps() == ["blue", "red"]


def test_what_etcdctl_deletes_is_gone_and_a_watch_says_so(serve: Callable[[], Caller], etcdctl: Etcdctl) -> None:
    caller = serve()
    caller.create_configmap("red")
    since = caller.ask("GET", CONFIGMAPS).body["metadata"]["resourceVersion"]

    etcdctl("del", "/registry/configmaps/default/red")

    assert caller.configmaps() == []
    event = json.loads(caller.open("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={since}").readline())
    assert (event["type"], event["object"]["metadata"]["name"]) == ("DELETED", "red")
