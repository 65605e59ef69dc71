"""The official Python client, as its users use it: typed objects, errors, patches, pages, YAML, custom resources.

What must work is what its own end-to-end tests try: kubernetes-client/python, kubernetes/e2e_test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, dynamic, utils

pytestmark = [pytest.mark.k8slab(nodes=1, speed=0)]

CONTAINER = {"name": "main", "image": "nginx:1.27"}
TEMPLATE = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [CONTAINER]}}
ONCE = {**TEMPLATE, "spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}
CHOSEN = {"selector": {"matchLabels": {"app": "a"}}, "template": TEMPLATE}
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"}
METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}

KINDS = {
    ("CoreV1Api", "config_map"): {"data": {"a": "1"}},
    ("CoreV1Api", "secret"): {"stringData": {"a": "1"}},
    ("CoreV1Api", "service"): {"spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}},
    ("CoreV1Api", "service_account"): {},
    ("CoreV1Api", "pod"): {"spec": {"containers": [CONTAINER]}},
    ("CoreV1Api", "replication_controller"): {"spec": {"replicas": 1, "selector": {"app": "a"}, "template": TEMPLATE}},
    ("CoreV1Api", "persistent_volume_claim"): {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    ("CoreV1Api", "resource_quota"): {"spec": {"hard": {"pods": "9"}}},
    ("CoreV1Api", "limit_range"): {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}},
    ("AppsV1Api", "deployment"): {"spec": CHOSEN},
    ("AppsV1Api", "replica_set"): {"spec": CHOSEN},
    ("AppsV1Api", "daemon_set"): {"spec": CHOSEN},
    ("AppsV1Api", "stateful_set"): {"spec": {**CHOSEN, "serviceName": "a"}},
    ("BatchV1Api", "job"): {"spec": {"template": ONCE}},
    ("BatchV1Api", "cron_job"): {"spec": {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": ONCE}}}},
    ("CoordinationV1Api", "lease"): {"spec": {"holderIdentity": "me"}},
    ("NetworkingV1Api", "ingress"): {"spec": {"defaultBackend": {"service": {"name": "a", "port": {"number": 80}}}}},
    ("NetworkingV1Api", "network_policy"): {"spec": {"podSelector": {}}},
    ("PolicyV1Api", "pod_disruption_budget"): {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}}},
    ("AutoscalingV2Api", "horizontal_pod_autoscaler"): {
        "spec": {"maxReplicas": 3, "metrics": [METRIC], "scaleTargetRef": {"kind": "Deployment", "name": "a"}}
    },
    ("RbacAuthorizationV1Api", "role"): {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    ("RbacAuthorizationV1Api", "role_binding"): {"roleRef": ROLE, "subjects": [{"kind": "Group", "name": "g"}]},
    ("DiscoveryV1Api", "endpoint_slice"): {"addressType": "IPv4", "endpoints": [], "ports": []},
    ("EventsV1Api", "event"): {
        "eventTime": "2026-01-01T00:00:00.000001Z", "type": "Normal", "reason": "Seen", "action": "See",
        "reportingController": "k8slab.example/test", "reportingInstance": "one", "regarding": {"namespace": "default"},
    },
}  # fmt: skip
RETURNED = (
    "service",
    "pod",
    "service_account",
    "persistent_volume_claim",
    "resource_quota",
)  # what their deletion says


@pytest.fixture
def api_client(k8slab: Any) -> Iterator[client.ApiClient]:
    """A client that was told nothing but KUBECONFIG."""
    with config.new_client_from_config() as made:
        yield made


@pytest.fixture
def core(api_client: client.ApiClient) -> client.CoreV1Api:
    """The core group."""
    return client.CoreV1Api(api_client)


def problem(error: pytest.ExceptionInfo[client.ApiException]) -> tuple[int, str, str]:
    """The code, reason and message of a refusal."""
    status = json.loads(error.value.body)
    assert (status["kind"], status["code"]) == ("Status", error.value.status)
    return error.value.status, status["reason"], status["message"]


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_kind_is_created_read_listed_changed_and_deleted(
    k8slab: Any, api_client: client.ApiClient, group: str, kind: str
) -> None:
    api = getattr(client, group)(api_client)
    do = {verb: getattr(api, f"{verb}_namespaced_{kind}") for verb in ("create", "read", "patch", "replace", "delete")}

    made = do["create"]("default", {"metadata": {"name": "a"}, **KINDS[group, kind]})
    read = do["read"]("a", "default")
    patched = do["patch"]("a", "default", {"metadata": {"labels": {"x": "1"}}})
    patched.metadata.annotations = {"y": "2"}
    replaced = do["replace"]("a", "default", patched)
    listed = getattr(api, f"list_namespaced_{kind}")("default", label_selector="x=1").items
    deleted = do["delete"]("a", "default")

    assert read == made and replaced.metadata.annotations["y"] == "2" and listed == [replaced]
    assert isinstance(deleted, type(made)) == (kind in RETURNED)
    k8slab.settle()  # a claim is protected until its controller has looked
    assert getattr(api, f"list_namespaced_{kind}")("default", field_selector="metadata.name=a").items == []


def test_nodes_and_namespaces_are_whole(core: client.CoreV1Api) -> None:
    """The client raises ValueError where a field is missing that is required."""
    nodes = core.list_node().items
    spaces = core.list_namespace().items

    assert [core.read_node(node.metadata.name).status.node_info.kubelet_version for node in nodes] == ["v1.37.0"] * 2
    assert {space.metadata.name: space.status.phase for space in spaces}["default"] == "Active"
    assert core.list_component_status is not None
    assert client.VersionApi(core.api_client).get_code().git_version == "v1.37.0"


@pytest.mark.parametrize(
    ("call", "code", "reason", "message"),
    [
        (lambda core: core.read_namespaced_pod("none", "default"), 404, "NotFound", 'pods "none" not found'),
        (lambda core: core.create_namespace({"metadata": {"name": "default"}}), 409, "AlreadyExists",
         'namespaces "default" already exists'),
        (lambda core: core.create_namespaced_config_map("none", {"metadata": {"name": "a"}}), 404, "NotFound",
         'namespaces "none" not found'),
        (lambda core: core.create_namespaced_config_map("default", {"metadata": {"name": "A"}}), 422, "Invalid",
         'ConfigMap "A" is invalid: metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of'),
        (lambda core: core.create_namespaced_pod("default", {"metadata": {"name": "a"}}), 422, "Invalid",
         'Pod "a" is invalid: spec.containers: Required value'),
        (lambda core: core.list_namespaced_pod("default", label_selector="a in"), 400, "BadRequest",
         "unable to parse requirement: "),
        (lambda core: core.list_namespaced_pod("default", _continue="?"), 400, "BadRequest",
         "invalid continue token: continue key is not valid: "),
    ],
)  # fmt: skip
def test_refusals_come_as_exceptions(core: client.CoreV1Api, call: Any, code: int, reason: str, message: str) -> None:
    with pytest.raises(client.ApiException) as error:
        call(core)

    assert problem(error)[:2] == (code, reason)
    assert problem(error)[2].startswith(message)


def test_an_old_object_is_not_written_over_a_new_one(core: client.CoreV1Api) -> None:
    old = core.create_namespaced_config_map("default", {"metadata": {"name": "a"}, "data": {"a": "1"}})
    core.patch_namespaced_config_map("a", "default", {"data": {"a": "2"}})

    with pytest.raises(client.ApiException) as error:
        core.replace_namespaced_config_map("a", "default", old)

    assert problem(error)[:2] == (409, "Conflict")


def test_a_service_account_may_what_its_roles_allow(core: client.CoreV1Api, k8slab: Any) -> None:
    token = core.create_namespaced_service_account_token("default", "default", {"spec": {"audiences": []}}).status.token
    settings = core.api_client.configuration
    mine = client.Configuration(host=k8slab.url)
    mine.ssl_ca_cert, mine.api_key = settings.ssl_ca_cert, {"BearerToken": f"Bearer {token}"}

    with client.ApiClient(mine) as robot, pytest.raises(client.ApiException) as error:
        client.CoreV1Api(robot).list_namespaced_secret("default")

    user = "system:serviceaccount:default:default"
    assert problem(error)[2].startswith(f'secrets is forbidden: User "{user}" cannot list resource "secrets"')


def test_a_wrong_token_is_unauthorized(k8slab: Any, core: client.CoreV1Api) -> None:
    mine = client.Configuration(host=k8slab.url)
    mine.ssl_ca_cert, mine.api_key = core.api_client.configuration.ssl_ca_cert, {"BearerToken": "Bearer no"}

    with client.ApiClient(mine) as stranger, pytest.raises(client.ApiException) as error:
        client.CoreV1Api(stranger).list_namespace()

    assert problem(error)[:2] == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("patch", "media", "data"),
    [
        ([{"op": "replace", "path": "/data", "value": {"new": "2"}}], None, {"new": "2"}),
        ({"data": {"new": "2"}}, None, {"old": "1", "new": "2"}),
        ({"data": {"old": None}}, "application/merge-patch+json", None),
        ({"data": {"$patch": "replace", "new": "2"}}, "application/strategic-merge-patch+json", {"new": "2"}),
    ],
)
def test_patches_of_every_type(core: client.CoreV1Api, patch: Any, media: str | None, data: Any) -> None:
    core.create_namespaced_config_map("default", {"metadata": {"name": "a"}, "data": {"old": "1"}})

    patched = core.patch_namespaced_config_map("a", "default", patch, **({"_content_type": media} if media else {}))

    assert (patched.data or None) == data


def test_ports_of_a_service_are_merged_by_their_number(core: client.CoreV1Api) -> None:
    """Source: kubernetes/e2e_test/test_client.py, test_service_apis."""
    body = {"metadata": {"name": "a"}, "spec": {"ports": [{"name": "old", "port": 80}]}}
    core.create_namespaced_service("default", body)

    patched = core.patch_namespaced_service("a", "default", {"spec": {"ports": [{"name": "new", "port": 8080}]}})

    assert [port.name for port in patched.spec.ports] == ["new", "old"]


def test_pages_follow_each_other(core: client.CoreV1Api) -> None:
    for number in range(5):
        core.create_namespaced_service_account("default", {"metadata": {"name": f"a{number}", "labels": {"x": "1"}}})

    pages = [core.list_namespaced_service_account("default", limit=2)]
    while mark := pages[-1].metadata._continue:
        pages.append(core.list_namespaced_service_account("default", limit=2, _continue=mark))

    names = [[account.metadata.name for account in page.items] for page in pages]
    assert names == [["a0", "a1"], ["a2", "a3"], ["a4", "default"]]
    assert [page.metadata.remaining_item_count for page in pages] == [4, 2, None]


def test_what_is_only_tried_is_not_kept(core: client.CoreV1Api) -> None:
    made = core.create_namespaced_config_map("default", {"metadata": {"name": "a"}}, dry_run="All")

    assert made.metadata.uid
    assert core.list_namespaced_config_map("default", field_selector="metadata.name=a").items == []


def test_a_deployment_is_scaled_and_read(api_client: client.ApiClient, k8slab: Any) -> None:
    apps = client.AppsV1Api(api_client)
    apps.create_namespaced_deployment("default", {"metadata": {"name": "a"}, "spec": CHOSEN})

    apps.patch_namespaced_deployment_scale("a", "default", {"spec": {"replicas": 3}})
    k8slab.settle()

    scale = apps.read_namespaced_deployment_scale("a", "default")
    ready = apps.read_namespaced_deployment_status("a", "default").status.ready_replicas
    assert (scale.spec.replicas, scale.status.replicas, scale.status.selector, ready) == (3, 3, "app=a", 3)


def test_a_pod_is_evicted_as_its_budget_allows(api_client: client.ApiClient, core: Any, k8slab: Any) -> None:
    budget = {"metadata": {"name": "a"}, "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "a"}}}}
    for name, labels in (("kept", {"app": "a"}), ("gone", {})):
        pod = {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [CONTAINER]}}
        core.create_namespaced_pod("default", pod)
    client.PolicyV1Api(api_client).create_namespaced_pod_disruption_budget("default", budget)
    k8slab.settle()

    core.create_namespaced_pod_eviction("gone", "default", client.V1Eviction(metadata={"name": "gone"}))
    with pytest.raises(client.ApiException) as error:
        core.create_namespaced_pod_eviction("kept", "default", client.V1Eviction(metadata={"name": "kept"}))
    k8slab.settle()

    assert problem(error)[0] == 429
    assert [pod.metadata.name for pod in core.list_namespaced_pod("default").items] == ["kept"]


def test_what_is_owned_goes_with_its_owner(api_client: client.ApiClient, core: Any, k8slab: Any) -> None:
    apps = client.AppsV1Api(api_client)
    apps.create_namespaced_deployment("default", {"metadata": {"name": "a"}, "spec": CHOSEN})
    k8slab.settle()

    apps.delete_namespaced_deployment("a", "default", propagation_policy="Foreground")
    k8slab.settle()

    assert apps.list_namespaced_replica_set("default").items == core.list_namespaced_pod("default").items == []


def test_a_collection_is_deleted(core: client.CoreV1Api) -> None:
    for number in range(3):
        core.create_namespaced_secret("default", {"metadata": {"name": f"a{number}", "labels": {"x": str(number % 2)}}})

    core.delete_collection_namespaced_secret("default", label_selector="x=0")

    assert [each.metadata.name for each in core.list_namespaced_secret("default").items] == ["a1"]


YAML = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: mine}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: mine}, data: {a: '1'}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
"""


def test_a_file_of_yaml_is_created_and_applied(core: client.CoreV1Api, tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(YAML)

    utils.create_from_yaml(core.api_client, str(path))
    utils.create_from_yaml(core.api_client, str(path), apply=True, namespace="mine")
    with pytest.raises(utils.FailToCreateError) as error:
        utils.create_from_yaml(core.api_client, str(path))

    assert core.read_namespaced_config_map("a", "mine").data == {"a": "1"}
    assert [each.status for each in error.value.api_exceptions] == [409] * 3
    text = 'Error from server (Conflict): {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",'
    text += '"message":"namespaces \\"mine\\" already exists","reason":"AlreadyExists",'
    assert text + '"details":{"name":"mine","kind":"namespaces"},"code":409}\n' in str(error.value)


def crd(scope: str = "Namespaced") -> dict[str, Any]:
    """A definition with a status and a scale."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"spec": schema, "status": schema}}}
    names = {"plural": "cups", "singular": "cup", "kind": "Cup", "shortNames": ["cu"]}
    spec = {"group": "tea.example", "scope": scope, "names": names, "versions": [version]}
    return {"metadata": {"name": "cups.tea.example"}, "spec": spec}


def test_custom_resources_through_the_typed_client(api_client: client.ApiClient, k8slab: Any) -> None:
    made = client.ApiextensionsV1Api(api_client).create_custom_resource_definition(crd())
    k8slab.settle()
    cups = client.CustomObjectsApi(api_client)
    place = ("tea.example", "v1", "default", "cups")
    body = {"apiVersion": "tea.example/v1", "kind": "Cup", "metadata": {"name": "a"}, "spec": {"ml": 200}}

    cups.create_namespaced_custom_object(*place, body)
    cups.patch_namespaced_custom_object_status(*place, "a", {"status": {"full": True}})

    assert made.spec.names.kind == "Cup"
    cup = cups.get_namespaced_custom_object(*place, "a")
    assert (cup["spec"], cup["status"]) == ({"ml": 200}, {"full": True})
    assert cups.delete_namespaced_custom_object(*place, "a")["status"] == "Success"


def test_custom_resources_through_the_dynamic_client(api_client: client.ApiClient, k8slab: Any, tmp_path: Path) -> None:
    found = dynamic.DynamicClient(api_client, cache_file=str(tmp_path / "cache"))
    found.resources.get(kind="CustomResourceDefinition").create(body=crd())
    k8slab.settle()
    cups = found.resources.get(api_version="tea.example/v1", kind="Cup")
    body = {"apiVersion": "tea.example/v1", "kind": "Cup", "metadata": {"name": "a"}, "spec": {"ml": 200}}

    cups.server_side_apply(body=body, namespace="default", field_manager="me")
    with pytest.raises(dynamic.exceptions.ConflictError):
        cups.server_side_apply(body={**body, "spec": {"ml": 300}}, namespace="default", field_manager="you")
    cups.server_side_apply(
        body={**body, "spec": {"ml": 300}}, namespace="default", field_manager="you", force_conflicts=True
    )

    cup = cups.get(name="a", namespace="default")
    assert (cup.spec.ml, [each.manager for each in cup.metadata.managedFields]) == (300, ["you"])
    assert cups.status.patch(name="a", namespace="default", body={"status": {"full": True}},
                             content_type="application/merge-patch+json").status.full is True  # fmt: skip
    assert found.resources.get(kind="Deployment").get(namespace="default").items == []


def test_the_dynamic_client_tells_errors_apart(api_client: client.ApiClient, tmp_path: Path) -> None:
    found = dynamic.DynamicClient(api_client, cache_file=str(tmp_path / "cache"))
    pods = found.resources.get(api_version="v1", kind="Pod")

    with pytest.raises(dynamic.exceptions.NotFoundError):
        pods.get(name="none", namespace="default")
    with pytest.raises(dynamic.exceptions.UnprocessibleEntityError):
        pods.create(body={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, namespace="default")
    with pytest.raises(dynamic.exceptions.ResourceNotFoundError):
        found.resources.get(api_version="v1", kind="Teapot")
