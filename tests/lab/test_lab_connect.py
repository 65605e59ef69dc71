"""A lab that looks at a cluster elsewhere: the same pictures, and no lever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from notebook_shell import Session

from k8slab import Cluster
from k8slab.http import HttpServer
from k8slab.lab import Lab
from k8slab.lab.connect import ConnectedLab
from k8slab.view import ClusterView
from k8slab.wire import ServiceUnavailable

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}


@pytest.fixture
def cluster() -> Cluster:
    """A cluster with something in it, at a whole second (as precise as HTTP tells the time)."""
    cluster = Cluster(2)
    cluster.kubectl("create deployment web --image=nginx --replicas=2")
    cluster.settle()
    cluster.run_until(float(int(cluster.now) + 1))
    return cluster


@pytest.fixture
def server(cluster: Cluster) -> Iterator[HttpServer]:
    """It is served, and its clock stands."""
    with cluster.serve(speed=0) as server:
        yield server


@pytest.fixture
def lab(server: HttpServer) -> Iterator[ConnectedLab]:
    """A lab that looks at it from outside."""
    lab = Lab.connect(server.kubeconfig, lang="en")
    yield lab
    lab.close()


def reader_of(cluster: Cluster, server: HttpServer, path: Path, groups: list[str], resources: list[str]) -> Path:
    """The kubeconfig of somebody who may read these in the namespace default."""
    metadata, rbac = {"name": "ann", "namespace": "default"}, "rbac.authorization.k8s.io"
    rules = [{"apiGroups": groups, "resources": resources, "verbs": ["get", "list", "watch"]}]
    subjects = [{"kind": "ServiceAccount", **metadata}]
    role = {"apiGroup": rbac, "kind": "Role", "name": "ann"}
    binding = {"kind": "RoleBinding", "roleRef": role, "subjects": subjects}
    cluster.client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    cluster.client.create({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
    cluster.client.create({"apiVersion": f"{rbac}/v1", "metadata": metadata, **binding})
    token = cluster.client.create_token("ann", "default", {"spec": {"expirationSeconds": 3600}})["status"]["token"]
    config = yaml.safe_load(server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    path.write_text(yaml.safe_dump(config))
    return path


def test_its_pictures_are_those_of_a_lab_in_the_process(cluster: Cluster, lab: ConnectedLab) -> None:
    view = ClusterView(cluster.client_for("kubernetes-admin"))
    first = lab.picture().html == view.update().html

    cluster.kubectl("scale deployment web --replicas=4")
    cluster.kubectl("create secret generic s --from-literal=password=hunter2")
    cluster.settle()
    here, there = view.update(), lab.picture()

    assert (first, there.text, there.html) == (True, here.text, here.html)
    assert "scaled Deployment web" in there.text


def test_its_graph_is_that_of_a_lab_in_the_process(cluster: Cluster, lab: ConnectedLab) -> None:
    view = ClusterView(cluster.client_for("kubernetes-admin"))

    assert set(lab.graph().edges) == set(view.graph().edges) != set()


def test_values_of_secrets_are_never_shown(cluster: Cluster, lab: ConnectedLab) -> None:
    lab.picture()
    cluster.client.create({**SECRET, "stringData": {"password": "hunter2"}})

    picture = lab.picture()

    shown = picture.text + picture.html
    assert "Secret" in shown and "hunter2" not in shown and "aHVudGVyMg" not in shown


def test_it_is_touched_by_what_others_do_and_not_by_heartbeats(cluster: Cluster, lab: ConnectedLab) -> None:
    lab.picture()
    touched = [lab.is_touched]
    cluster.run("1m")
    touched.append(lab.is_touched)
    cluster.kubectl("create configmap a")
    touched.append(lab.is_touched)

    assert touched == [False, False, True]


@pytest.mark.parametrize(
    "act", ["run('30s')", "step()", "settle()", "fail('node-1')", "serve()", "controls()", "cluster"]
)
def test_what_needs_a_cluster_of_one_s_own_is_refused_with_the_reason(lab: ConnectedLab, act: str) -> None:
    with pytest.raises(ValueError, match="this cluster's time is its own"):
        eval(f"lab.{act}", {"lab": lab})


@pytest.mark.parametrize(
    "look", ["timeline()", "why('deployment/web')", "talks()", "tape('Pod')", "messages()", "meter()", "predict(1, 2)"]
)
def test_what_only_looks_works_as_in_a_lab_of_one_s_own(lab: ConnectedLab, look: str) -> None:
    assert repr(eval(f"lab.{look}", {"lab": lab}))


def test_what_is_misspelt_is_an_attribute_error(lab: ConnectedLab) -> None:
    with pytest.raises(AttributeError, match="'pictur'"):
        lab.pictur  # noqa: B018


def test_manifests_are_applied_by_its_client(cluster: Cluster, lab: ConnectedLab) -> None:
    lab.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}")

    assert cluster.client.get("ConfigMap", "mine", "default")


def test_the_real_kubectl_answers(lab: ConnectedLab) -> None:
    assert "node-1" in lab.kubectl("get nodes")
    assert 'pods "nope" not found' in lab.kubectl("kubectl get pod nope")


def test_where_there_is_no_kubectl_it_says_what_else_there_is(
    lab: ConnectedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)

    with pytest.raises(ValueError, match=r"there is no kubectl here.*lab\.client"):
        lab.kubectl("get nodes")


def test_who_may_read_one_namespace_gets_its_picture(cluster: Cluster, server: HttpServer, tmp_path: Path) -> None:
    kubeconfig = reader_of(cluster, server, tmp_path / "ann", ["", "apps"], ["pods", "deployments", "replicasets"])

    lab = Lab.connect(kubeconfig, lang="en")
    cluster.client.delete("Pod", cluster.client.list("Pod", "default")[0]["metadata"]["name"], "default")
    cluster.settle()
    lab.picture()
    text, pods, nodes = lab.picture().text, lab.last.facts.pods, lab.last.facts.nodes
    lab.close()

    assert text.startswith("Nodes are not shown to you; 2 Pods: 2 Ready") and {pod.key.namespace for pod in pods} == {
        "default"
    }
    assert {node.mark for node in nodes} == {""}
    assert "sees only the namespace default" in lab.access and "Node" in lab.access and "Secret" in lab.access


def test_in_a_notebook_cells_end_with_what_changed(session: Session, server: HttpServer, cluster: Cluster) -> None:
    first = session.run(f"lab = k8slab.lab.Lab.connect({str(server.kubeconfig)!r})")
    nothing = session.run("x = 1")
    made = session.run("%kubectl create configmap made")
    refused = session.run("lab.run('30s')")
    session.run("lab.close()")

    assert [len(cell.pictures) for cell in (first, nothing, made, refused)] == [1, 0, 1, 0]
    assert "configmap/made created" in made.text
    assert "its own" in refused.mistakes[0]


def serving(kubeconfig: Path, nodes: int) -> subprocess.Popen[str]:
    """This project's own server in another process."""
    line = [sys.executable, "-m", "k8slab", "serve", "--nodes", str(nodes), "--kubeconfig", str(kubeconfig)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and "serves" in process.stdout.readline()
    return process


def test_a_server_that_was_killed_is_shown_as_last_seen_and_found_when_it_is_back(tmp_path: Path) -> None:
    kubeconfig, processes = tmp_path / "slab.yaml", []
    try:
        processes.append(serving(kubeconfig, 1))
        lab = Lab.connect(kubeconfig, lang="en")
        before = lab.picture().scene.text
        os.kill(processes[0].pid, signal.SIGKILL)
        processes[0].wait()
        touched, away, calm = lab.is_touched, lab.picture().scene.text, lab.is_touched
        processes.append(serving(kubeconfig, 2))
        back, there = lab.is_touched, lab.picture()
    finally:
        for process in processes:
            process.kill()
            process.communicate()

    assert (touched, calm, back) == (True, False, True)
    assert (before[:19], there.scene.text[:19]) == ("2 of 2 Nodes Ready;", "3 of 3 Nodes Ready;")
    assert away.endswith("the API server does not answer: this is what was last seen")
    assert there.diff is None  # another cluster: nothing of it has changed


def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with Cluster(agents=()).serve(speed=0) as server:
        kubeconfig = tmp_path / "kept"
        kubeconfig.write_text(server.kubeconfig.read_text())

    with pytest.raises(ServiceUnavailable, match="was refused"):
        Lab.connect(kubeconfig)
