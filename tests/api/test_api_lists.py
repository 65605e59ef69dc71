"""Lists: what selectors and namespaces let through."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from api_bench import POD_SPEC, SERVED, ApiBench, Obj, sample


def names(items: Iterable[Obj]) -> list[str]:
    return [item["metadata"]["name"] for item in items]


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("", ["a", "b", "c", "d"]),
        ("app=web", ["a", "b"]),
        ("app==web", ["a", "b"]),
        ("app!=web", ["c", "d"]),
        ("app", ["a", "b", "c"]),
        ("!app", ["d"]),
        ("app in (web,db),tier", ["b"]),
        ("app notin (web)", ["c", "d"]),
        ("app=web,tier!=front", ["a"]),
        ("app=", []),
        ("rank>1", ["b"]),
        ("rank<2", ["a"]),
    ],
)
def test_labels_select(api: ApiBench, selector: str, chosen: list[str]) -> None:
    """Source: kubernetes.io, "Labels and Selectors", API; apimachinery/pkg/labels/selector.go, Matches."""
    for name, labels in {
        "a": {"app": "web", "rank": "1"},
        "b": {"app": "web", "tier": "front", "rank": "2"},
        "c": {"app": "db"},
        "d": {},
    }.items():
        api.given(sample("ConfigMap", name, labels=labels))

    assert names(api.client.list("ConfigMap", labels=selector)) == chosen


@pytest.mark.parametrize(
    ("kind", "selector", "chosen"),
    [
        ("Pod", "metadata.name=a", ["a"]),
        ("Pod", "metadata.name!=a", ["b"]),
        ("Pod", "metadata.namespace=default", ["a", "b"]),
        ("Pod", "metadata.namespace=other", []),
        ("Pod", "spec.nodeName=node-1", ["a"]),
        ("Pod", "spec.nodeName=", ["b"]),
        ("Pod", "spec.nodeName!=node-1,spec.restartPolicy=Always", ["b"]),
        ("Pod", "status.phase=Pending", ["a", "b"]),
        ("Pod", "status.phase!=Pending", []),
        ("Secret", "type=Opaque", ["b"]),
        ("Secret", "type=kubernetes.io/tls", ["a"]),
        ("Node", "spec.unschedulable=true", ["a"]),
        ("Event", "involvedObject.name=a", ["a"]),
        ("Event", "reason=Pulled,type=Warning", ["a"]),
        ("Namespace", "status.phase=Active,metadata.name!=default", ["a", "b"]),
        ("Service", "spec.type=NodePort", ["a"]),
    ],
)
def test_fields_select(api: ApiBench, kind: str, selector: str, chosen: list[str]) -> None:
    """Source: kubernetes.io, "Field Selectors"; pkg/apis/core/v1/conversion.go, addFieldLabelConversionsFor…"""
    a, b = sample(kind, "a"), sample(kind, "b")
    if kind == "Secret":
        a |= {"type": "kubernetes.io/tls", "data": {"tls.crt": "", "tls.key": ""}}
    if kind == "Event":
        a |= {"type": "Warning", "involvedObject": {**a["involvedObject"], "name": "a"}}
    if kind in ("Pod", "Node", "Service"):
        a["spec"] |= {"Pod": {"nodeName": "node-1"}, "Node": {"unschedulable": True}}.get(kind, {"type": "NodePort"})
    api.given(a, b)

    assert names(api.client.list(kind, fields=selector)) == chosen


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("Pod", {"labelSelector": "a in b"}, "unable to parse requirement: found 'b' expected: '('"),
        (
            "Pod",
            {"fieldSelector": "spec.nodeName"},
            "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'",
        ),
        ("Pod", {"fieldSelector": "spec.colour=red"}, "field label not supported: spec.colour"),
        ("Node", {"fieldSelector": "metadata.namespace=x"}, "field label not supported: metadata.namespace"),
        ("Pod", {"resourceVersion": "x"}, 'Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'),
        (
            "ConfigMap",
            {"fieldSelector": "data.a=b"},
            '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
)
@pytest.mark.parametrize("verb", ["list", "watch"])
def test_what_cannot_be_read_is_a_bad_request(
    api: ApiBench, kind: str, params: dict[str, str], message: str, verb: str
) -> None:
    """Source: labels/selector.go, fields/selector.go, runtime/conversion.go, etcd3/api_object_versioner.go"""
    answer = api.send(verb, kind, params=params)

    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")
    assert answer.body["message"].endswith(message)


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_an_empty_list_is_a_list(api: ApiBench, kind: str) -> None:
    answer = api.send("list", kind, params={"labelSelector": "no=such"})

    version = SERVED[kind].api_version
    metadata = {"resourceVersion": str(api.revision)}
    assert answer.body == {"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": []}


def test_a_namespace_hides_the_others_and_all_stand_in_the_order_of_their_keys(api: ApiBench) -> None:
    """Source: etcd orders keys by byte, and "-" comes before "/"."""
    other = sample("ConfigMap", "b")
    other["metadata"]["namespace"] = "default-2"
    api.given(sample("Namespace", "default-2"), sample("ConfigMap", "a"), other)

    assert names(api.client.list("ConfigMap", "default")) == ["a"]
    assert names(api.client.list("ConfigMap", "default-2")) == ["b"]
    assert names(api.client.list("ConfigMap")) == ["b", "a"]


def test_the_pods_of_a_node_are_found_wherever_they_are(api: ApiBench) -> None:
    """In pages, of one namespace or of all, after some have gone: nobody sees that there is an index."""
    api.given(sample("Namespace", "shop"))
    for name, namespace, node in (("a", "shop", "n1"), ("b", "default", "n1"), ("c", "default", "n2"),
                                  ("d", "default", "n1"), ("e", "shop", "n1")):  # fmt: skip
        pod = sample("Pod", spec={**POD_SPEC, "nodeName": node})
        api.given({**pod, "metadata": {"name": name, "namespace": namespace}})
    api.client.delete("Pod", "d", "default", grace_s=0)

    first = api.client.list("Pod", fields="spec.nodeName=n1", limit=1)
    rest = api.client.list("Pod", fields="spec.nodeName=n1", limit=9, continue_=first.continue_token)

    assert names(first) + names(rest) == ["b", "a", "e"]
    assert names(api.client.list("Pod", "shop", fields="spec.nodeName=n1")) == ["a", "e"]
    assert names(api.client.list("Pod", "shop", fields="metadata.name=b")) == []
    assert names(api.client.list("Pod", fields="metadata.name=b")) == ["b"]
