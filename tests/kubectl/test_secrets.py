from __future__ import annotations

import base64

import pytest

from k8slab.kubeadm import Cluster

WORD = "hunter2"
CODED = base64.b64encode(WORD.encode()).decode()
LOGIN = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: login}}\ndata: {{password: {CODED}}}\n"


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    cluster = Cluster(agents=())
    cluster.kubectl("create ns default")
    cluster.kubectl("apply -f -", stdin=LOGIN)
    return cluster


@pytest.mark.parametrize(
    "line",
    [
        "get secret login",
        "get secrets -A -o wide --show-labels",
        "get secret login -o name",
        "get secret login -o custom-columns=NAME:.metadata.name",
        "describe secret login",
        "describe secrets",
        "describe secret/login --show-events",
        "describe secret log",
        "label secret login a=b",
        "events",
        "delete secret login --dry-run=server",
    ],
)
def test_the_value_of_a_secret_is_not_shown(cluster: Cluster, line: str) -> None:
    text = cluster.kubectl(line)

    assert "login" in text or "events" in line
    assert WORD not in text and CODED not in text


def test_a_refused_apply_does_not_show_it_either(cluster: Cluster) -> None:
    other = base64.b64encode(b"hunter3").decode()
    stale = LOGIN.replace("name: login", "name: login, resourceVersion: '1'").replace(CODED, other)

    text = cluster.kubectl("apply -f -", stdin=stale)

    assert "error when applying patch" in text
    assert CODED not in text and other not in text


@pytest.mark.parametrize("output", ["yaml", "json", "jsonpath='{.data.password}'"])
def test_the_whole_object_holds_it(cluster: Cluster, output: str) -> None:
    """Source: kubectl get -o yaml|json|jsonpath prints what the server sends."""
    assert CODED in cluster.kubectl(f"get secret login -o {output}")
