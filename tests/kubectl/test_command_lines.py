"""Source: kubectl v1.37.1, given the same lines."""

from __future__ import annotations

import json

import pytest

from k8slab.kubeadm import Cluster

NO_SELECTOR = "invalid service 'bare': Service is defined without a selector"
RESOURCES = "error: You must provide one or more resources by argument or filename.\n"


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    cluster = Cluster(agents=())
    cluster.kubectl("create ns default")
    cluster.kubectl("create cm aa --from-literal=a=b")
    bare = {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "bare"}, "spec": {"ports": [{"port": 80}]}}
    cluster.kubectl("create -f -", stdin=json.dumps(bare))
    return cluster


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("-n default get cm aa -o name", "configmap/aa\n"),
        ("kubectl get -ndefault cm/aa -oname", "configmap/aa\n"),
        ("get pods --colour", "error: unknown flag: --colour\nSee 'kubectl get --help' for usage.\n"),
        ("get pods -z", "error: unknown shorthand flag: 'z' in -z\nSee 'kubectl get --help' for usage.\n"),
        ("get pods -n", "error: flag needs an argument: 'n' in -n\nSee 'kubectl get --help' for usage.\n"),
        ("get pods --output", "error: flag needs an argument: --output\nSee 'kubectl get --help' for usage.\n"),
        ("get 'unclosed", "error: No closing quotation\n"),
        ("frobnicate x", 'error: unknown command "frobnicate" for "kubectl"\n'),
        ("create deployment x --image=a --replicas=b", 'error: invalid argument "b" for "-r, --replicas" flag'),
        ("create --dry-run=foo -f x", 'error: Invalid dry-run value (foo). Must be "none", "server", or "client".\n'),
        ("create namespace a b", "error: exactly one NAME is required, got 2\nSee 'kubectl create namespace -h'"),
        ("create secret other x", "error: unknown command \"other x\"\nSee 'kubectl create secret -h' for help"),
        ("delete", RESOURCES),
        ("expose", RESOURCES),
        ("wait --for=condition=x", RESOURCES),
        ("delete cm", "error: resource(s) were provided, but no name was specified\n"),
        ("delete cm aa --cascade=bad", 'error: invalid cascade value (bad). Must be "background", "foreground"'),
        ("delete cm x y", 'Error from server (NotFound): configmaps "x" not found\nError from server (NotFound): c'),
        ("logs x --since=soon", 'error: invalid argument "soon" for "--since" flag: time: invalid duration "soon"\n'),
        ("label", "error: one or more resources must be specified as <resource> <name> or <resource>/<name>\n"),
        ("set image cm/aa", "error: at least one image update is required\n"),
        ("set thing", "error: unknown command \"thing\"\nSee 'kubectl set -h' for help and examples\n"),
        ("rollout undo", "error: required resource not specified\n"),
        ("expose cm aa --port=80", "error: cannot expose a ConfigMap\n"),
        (
            "scale cm aa --replicas=1",
            "Error from server (NotFound): the server could not find the requested resource\n",
        ),
        ("taint pods x a=b:NoSchedule", "error: invalid resource type pods, only node types are supported\n"),
        ("taint nodes x a=b", "error: invalid taint spec: a=b, name part must consist of alphanumeric characters"),
        ("run x --image=nginx --env=A", "error: invalid env: A\n"),
        (
            "patch cm aa -p '{bad'",
            "Error from server (BadRequest): invalid character 'b' looking for beginning of obje",
        ),
        ("events --for nothing", "error: --for must be in resource/name form\n"),
        ("wait --for=delete cm/bb", ""),
        ("wait --for=jsonpath={.data.a}=b cm/aa", "configmap/aa condition met\n"),
        ("get cm -L a --no-headers", "aa    1     0s    \n"),
        (
            "delete cm aa --as=ann",
            'Error from server (Forbidden): configmaps "aa" is forbidden: User "ann" cannot delete',
        ),
        ("delete cm gone --dry-run=client", 'configmap "gone" deleted from default namespace (dry run)\n'),
        ("logs svc/bare", f"error: cannot get the logs from *v1.Service: {NO_SELECTOR}\n"),
        ("exec svc/bare -- date", f"error: cannot attach to *v1.Service: {NO_SELECTOR}\n"),
        ("logs cm/aa", "error: cannot get the logs from *v1.ConfigMap: selector for *v1.ConfigMap not implemented\n"),
        ("exec cm/aa -- date", "error: cannot attach to *v1.ConfigMap: selector for *v1.ConfigMap not implemented\n"),
        ("top pod gone", 'Error from server (NotFound): pods "gone" not found\n'),
    ],
)
def test_a_line_is_answered_like_this(cluster: Cluster, line: str, start: str) -> None:
    text = cluster.kubectl(line)

    assert text.startswith(start) and (start or not text)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("version --client", "version"),
        ("create service externalname x", "create service externalname"),
        ("get pods --chunk-size 5", "get --chunk-size"),
        ("logs x --since-time=1", "logs --since-time"),
        ("run x --image=nginx -it", "run --stdin"),
        ("create role reader --verb=get --resource=pods", "create role"),
        ("auth can-i get /metrics", "auth can-i URL"),
        ("rollout undo -h", "rollout undo --help"),
        ("--help", "--help"),
    ],
)
def test_what_is_left_out_is_answered_in_one_sentence(cluster: Cluster, line: str, what: str) -> None:
    assert cluster.kubectl(line) == f'error: this slab\'s kubectl has no "{what}"; the real kubectl does\n'
