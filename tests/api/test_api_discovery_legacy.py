"""Discovery group by group, as clients ask for it that know no other."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj
from custom_bench import GROUP, KEEPS_ALL, define, definition, root, settle, version

from k8slab.api import KINDS
from k8slab.wire import Request

ALL = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
CHANGE = ["get", "patch", "update"]


def ask(api: ApiBench, path: str) -> Any:
    return api.api.handle(Request("get", path=path, user="alice")).body


def resource(api: ApiBench, path: str, name: str) -> Obj:
    (found,) = [entry for entry in ask(api, path)["resources"] if entry["name"] == name]
    return dict(found)


def test_the_oldest_group_tells_its_versions_and_where_the_server_is(api: ApiBench) -> None:
    """Source: endpoints/discovery/legacy.go; api/discovery/api.json: no apiVersion."""
    own = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
           "metadata": {"name": "kubernetes", "namespace": "default"},
           "endpoints": [{"addresses": ["10.0.0.2"]}], "ports": [{"name": "https", "port": 6443}]}  # fmt: skip
    assert ask(api, "/api")["serverAddressByClientCIDRs"] == []
    api.given(own)

    body = ask(api, "/api/")

    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.2:6443"}]
    assert list(body.items()) == [
        ("kind", "APIVersions"), ("versions", ["v1"]), ("serverAddressByClientCIDRs", addresses),
    ]  # fmt: skip


def test_groups_come_in_the_order_of_their_priority(api: ApiBench) -> None:
    """Source: api/discovery/apis.json; crdregistration_controller.go: a custom group has priority 1000."""
    define(api)
    api.client.create(definition(group="art.example"))
    settle(api)

    body = ask(api, "/apis")

    assert [group["name"] for group in body["groups"]] == [
        "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
        "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io", "apiextensions.k8s.io",
        "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io", "discovery.k8s.io", "art.example", GROUP,
        "metrics.k8s.io", "slab.k8slab.dev",
    ]  # fmt: skip
    assert list(body)[:2] == ["kind", "apiVersion"] and (body["kind"], body["apiVersion"]) == ("APIGroupList", "v1")


@pytest.mark.parametrize("path", ["/apis/autoscaling", "/apis/autoscaling/"])
def test_a_group_tells_its_versions_and_the_one_it_prefers(api: ApiBench, path: str) -> None:
    """Source: api/discovery/apis__autoscaling.json; apimachinery meta/v1/types.go, APIGroup."""
    v2, v1 = ({"groupVersion": f"autoscaling/{name}", "version": name} for name in ("v2", "v1"))

    body = ask(api, path)

    assert list(body.items()) == [
        ("kind", "APIGroup"), ("apiVersion", "v1"), ("name", "autoscaling"), ("versions", [v2, v1]),
        ("preferredVersion", v2),
    ]  # fmt: skip
    assert {"kind": "APIGroup", "apiVersion": "v1", **ask(api, "/apis")["groups"][4]} == body


def test_the_resources_of_the_oldest_group_come_in_order(api: ApiBench) -> None:
    """Source: api/discovery/api__v1.json, without what is not served; discovery/version.go: no apiVersion."""
    body = ask(api, "/api/v1")

    assert list(body) == ["kind", "groupVersion", "resources"] and body["groupVersion"] == "v1"
    assert [entry["name"] for entry in body["resources"]] == [
        "configmaps", "endpoints", "events", "limitranges", "namespaces", "namespaces/finalize", "namespaces/status",
        "nodes", "nodes/proxy", "nodes/status", "persistentvolumeclaims", "persistentvolumeclaims/status",
        "persistentvolumes", "persistentvolumes/status", "pods", "pods/attach", "pods/binding",
        "pods/ephemeralcontainers", "pods/eviction", "pods/exec", "pods/log", "pods/portforward", "pods/proxy",
        "pods/resize", "pods/status", "podtemplates", "replicationcontrollers", "replicationcontrollers/scale",
        "replicationcontrollers/status", "resourcequotas", "resourcequotas/status", "secrets", "serviceaccounts",
        "serviceaccounts/token", "services", "services/proxy", "services/status",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("/api/v1", "pods", {"singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ALL,
                             "shortNames": ["po"], "categories": ["all"]}),
        ("/api/v1", "nodes", {"singularName": "node", "namespaced": False, "kind": "Node", "verbs": ALL,
                              "shortNames": ["no"]}),
        ("/api/v1", "namespaces", {"singularName": "namespace", "namespaced": False, "kind": "Namespace",
                                   "verbs": [verb for verb in ALL if verb != "deletecollection"],
                                   "shortNames": ["ns"]}),
        ("/api/v1", "namespaces/finalize", {"singularName": "", "namespaced": False, "kind": "Namespace",
                                            "verbs": ["update"]}),
        ("/api/v1", "nodes/status", {"singularName": "", "namespaced": False, "kind": "Node", "verbs": CHANGE}),
        ("/api/v1", "pods/log", {"singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]}),
        ("/api/v1", "pods/exec", {"singularName": "", "namespaced": True, "kind": "PodExecOptions",
                                  "verbs": ["create", "get"]}),
        ("/api/v1", "services/proxy", {"singularName": "", "namespaced": True, "kind": "ServiceProxyOptions",
                                       "verbs": ["create", "delete", "get", "patch", "update"]}),
        ("/api/v1", "nodes/proxy", {"singularName": "", "namespaced": False, "kind": "NodeProxyOptions",
                                    "verbs": ["create", "delete", "get", "patch", "update"]}),
        ("/api/v1", "pods/binding", {"singularName": "", "namespaced": True, "kind": "Binding", "verbs": ["create"]}),
        ("/api/v1", "pods/eviction", {"singularName": "", "namespaced": True, "group": "policy", "version": "v1",
                                      "kind": "Eviction", "verbs": ["create"]}),
        ("/api/v1", "serviceaccounts/token", {"singularName": "", "namespaced": True, "group": "authentication.k8s.io",
                                              "version": "v1", "kind": "TokenRequest", "verbs": ["create"]}),
        ("/apis/apps/v1", "deployments/scale", {"singularName": "", "namespaced": True, "group": "autoscaling",
                                                "version": "v1", "kind": "Scale", "verbs": CHANGE}),
        ("/apis/authorization.k8s.io/v1", "selfsubjectaccessreviews", {
            "singularName": "selfsubjectaccessreview", "namespaced": False, "kind": "SelfSubjectAccessReview",
            "verbs": ["create"]}),
        ("/apis/metrics.k8s.io/v1beta1", "pods", {"singularName": "podmetrics", "namespaced": True,
                                                  "kind": "PodMetrics", "verbs": ["get", "list"]}),
        ("/apis/slab.k8slab.dev/v1", "auditrecords", {"singularName": "auditrecord", "namespaced": False,
                                                      "kind": "AuditRecord", "verbs": ["get", "list"]}),
        ("/apis/slab.k8slab.dev/v1", "schedulingattempts", {"singularName": "schedulingattempt", "namespaced": True,
                                                            "kind": "SchedulingAttempt", "verbs": ["get", "list"]}),
    ],
)  # fmt: skip
def test_a_resource_tells_all_of_itself(api: ApiBench, path: str, name: str, expected: Obj) -> None:
    """Source: api/discovery/api__v1.json, apis__apps__v1.json …; apimachinery meta/v1/types.go, APIResource."""
    assert list(resource(api, path, name).items()) == [("name", name), *expected.items()]


def test_a_custom_kind_tells_all_of_itself(api: ApiBench) -> None:
    """Source: customresource_discovery_controller.go (sync): status before scale, and verbs in an order of its own."""
    sub = {"status": {}, "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}}
    define(api, version(schema=root(KEEPS_ALL), subresources=sub), names={"shortNames": ["o"]})
    verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]

    body = ask(api, f"/apis/{GROUP}/v1")

    assert list(body)[:3] == ["kind", "apiVersion", "groupVersion"] and body["groupVersion"] == f"{GROUP}/v1"
    assert body["resources"] == [
        {"name": "orders", "singularName": "order", "namespaced": True, "kind": "Order", "verbs": verbs,
         "shortNames": ["o"]},
        {"name": "orders/status", "singularName": "", "namespaced": True, "kind": "Order", "verbs": CHANGE},
        {"name": "orders/scale", "singularName": "", "namespaced": True, "group": "autoscaling", "version": "v1",
         "kind": "Scale", "verbs": CHANGE},
    ]  # fmt: skip


def test_both_forms_tell_of_the_same(api: ApiBench) -> None:
    define(api)
    told = set()
    for path in ("/api", "/apis"):
        for group in api.api.handle(Request("get", path=path, accept="APIGroupDiscoveryList")).body["items"]:
            for each in group["versions"]:
                place = f"/apis/{group['metadata']['name']}" if group["metadata"] else "/api"
                for entry in each["resources"]:
                    names = [entry["resource"], *(sub["subresource"] for sub in entry.get("subresources", ()))]
                    told |= {(f"{place}/{each['version']}", "/".join((names[0], name))) for name in names[1:]}
                    told.add((f"{place}/{each['version']}", names[0]))

    found = {(path, entry["name"]) for path, _ in told for entry in ask(api, path)["resources"]}

    assert found == told and len({path for path, _ in told}) == len({kind.api_version for kind in KINDS}) + 1


@pytest.mark.parametrize("path", ["/api/v2", "/apis/ghosts", "/apis/apps/v2", "/apis//v1", "/api/v1/x/y/z", "/ap"])
def test_there_is_nothing_at_other_paths(api: ApiBench, path: str) -> None:
    answer = api.api.handle(Request("get", path=path))

    assert (answer.code, answer.body["message"]) == (404, "the server could not find the requested resource")
