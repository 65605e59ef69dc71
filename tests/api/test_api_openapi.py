"""The OpenAPI documents: every kind has its schema, every reference leads somewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj, sample
from custom_bench import GROUP, KEEPS_ALL, NAME, NUMBER, TEXT, define, fields, root, version

from k8slab.api import KINDS, Kind
from k8slab.wire import Request


def document(api: ApiBench, path: str) -> Any:
    return api.api.handle(Request("get", path=f"/openapi/v3{path}", user="alice")).body


def swagger(api: ApiBench) -> Any:
    return api.api.handle(Request("get", path="/openapi/v2", user="alice")).body


def place_of(kind: str) -> str:
    served = SERVED[kind]
    return f"/apis/{served.group}/{served.version}" if served.group else f"/api/{served.version}"


def schema_of(api: ApiBench, kind: str) -> Obj:
    served = SERVED[kind]
    wanted = {"group": served.group, "version": served.version, "kind": kind}
    schemas = document(api, place_of(kind))["components"]["schemas"].values()
    (found,) = [schema for schema in schemas if wanted in schema.get("x-kubernetes-group-version-kind", ())]
    return found


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_every_kind_is_in_the_document_of_its_group(api: ApiBench, kind: str) -> None:
    """Source: kube-openapi/pkg/handler3; kubectl/pkg/explain/v2/templates/plaintext.tmpl finds a kind so."""
    told = document(api, "")["paths"][place_of(kind)[1:]]["serverRelativeURL"]

    assert re.fullmatch(rf"/openapi/v3{place_of(kind)}\?hash=[0-9A-F]{{128}}", told)
    assert {"apiVersion", "kind", "metadata"} <= schema_of(api, kind)["properties"].keys()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.full_name}/{kind.version}")
def test_every_version_of_every_kind_can_be_explained(api: ApiBench, kind: Kind) -> None:
    wanted = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    place = f"/apis/{kind.group}/{kind.version}" if kind.group else "/api/v1"

    schemas = document(api, place)["components"]["schemas"].values()

    assert sum(wanted in schema.get("x-kubernetes-group-version-kind", ()) for schema in schemas) == 1


def test_every_reference_leads_somewhere(api: ApiBench) -> None:
    for place in document(api, "")["paths"]:
        found = document(api, f"/{place}")

        named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)))

        assert named <= found["components"]["schemas"].keys()


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("Pod", "spec", {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]}),
        ("PodSpec", "containers", {
            "type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}]},
            "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge",
        }),
        ("PodSpec", "nodeSelector", {
            "type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"
        }),
        ("PodSpec", "priority", {"type": "integer", "format": "int32"}),
        ("ContainerPort", "protocol", {"type": "string"}),
        ("HTTPGetAction", "port", {
            "allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString"}]
        }),
    ],
)  # fmt: skip
def test_a_field_tells_its_type_and_how_it_merges(api: ApiBench, name: str, field: str, expected: Obj) -> None:
    """Source: api/openapi-spec/v3/api__v1_openapi.json."""
    schemas = document(api, "/api/v1")["components"]["schemas"]

    assert schemas[f"io.k8s.api.core.v1.{name}"]["properties"][field] == expected


def test_required_fields_are_told(api: ApiBench) -> None:
    schemas = document(api, "/api/v1")["components"]["schemas"]

    assert schemas["io.k8s.api.core.v1.ContainerPort"]["required"] == ["containerPort"]


def test_a_write_tells_that_it_validates_fields(api: ApiBench) -> None:
    """Source: cli-runtime/pkg/resource/query_param_verifier_v3.go: kubectl looks for it before it trusts the server."""
    path = document(api, "/apis/apps/v1")["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]

    assert path["patch"]["x-kubernetes-group-version-kind"]["kind"] == "Deployment"
    assert {"in": "query", "name": "fieldValidation", "schema": {"type": "string"}} in path["patch"]["parameters"]


@pytest.mark.parametrize("path", ["/apis/ghosts/v1", "/api/v2", "/apis"])
def test_there_are_no_other_documents(api: ApiBench, path: str) -> None:
    assert api.api.handle(Request("get", path=f"/openapi/v3{path}", user="alice")).code == 404


def test_the_address_of_a_document_changes_when_it_does(api: ApiBench) -> None:
    """Source: kube-openapi/pkg/handler3/handler.go (computeETag, the hash of what is served)."""
    define(api, version(schema=root(fields(size=NUMBER))))
    before, again = (document(api, "")["paths"] for _ in range(2))
    definition = api.client.get("CustomResourceDefinition", NAME)
    schema = {"openAPIV3Schema": root(fields(size=TEXT))}
    api.client.update({**definition, "spec": {**definition["spec"], "versions": [{**version(), "schema": schema}]}})

    after = document(api, "")["paths"]

    assert before == again
    assert {place for place in after if after[place] != before[place]} == {f"apis/{GROUP}/v1"}


@pytest.mark.parametrize(
    ("path", "method", "id_", "action"),
    [
        ("/api/v1/pods", "get", "listCoreV1PodForAllNamespaces", "list"),
        ("/api/v1/namespaces/{namespace}/pods", "get", "listCoreV1NamespacedPod", "list"),
        ("/api/v1/namespaces/{namespace}/pods", "post", "createCoreV1NamespacedPod", "post"),
        ("/api/v1/namespaces/{namespace}/pods", "delete", "deleteCoreV1CollectionNamespacedPod", "deletecollection"),
        ("/api/v1/namespaces/{namespace}/pods/{name}", "get", "readCoreV1NamespacedPod", "get"),
        ("/api/v1/namespaces/{namespace}/pods/{name}", "put", "replaceCoreV1NamespacedPod", "put"),
        ("/api/v1/namespaces/{namespace}/pods/{name}/log", "get", "readCoreV1NamespacedPodLog", "get"),
        ("/api/v1/namespaces/{namespace}/pods/{name}/exec", "post", "connectCoreV1PostNamespacedPodExec", "connect"),
        ("/api/v1/namespaces/{namespace}/pods/{name}/eviction", "post", "createCoreV1NamespacedPodEviction", "post"),
        ("/api/v1/nodes/{name}", "delete", "deleteCoreV1Node", "delete"),
        ("/api/v1/namespaces/{name}/finalize", "put", "replaceCoreV1NamespaceFinalize", "put"),
        ("/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale", "patch",
         "patchAppsV1NamespacedDeploymentScale", "patch"),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", "get", "listRbacAuthorizationV1ClusterRole", "list"),
    ],
)  # fmt: skip
def test_an_operation_has_the_id_of_the_real_one(api: ApiBench, path: str, method: str, id_: str, action: str) -> None:
    """Source: api/openapi-spec/swagger.json, whose ids are those of api/openapi-spec/v3 too."""
    place = "/".join(path.split("/")[: 3 if path.startswith("/api/") else 4])

    told = [document(api, place)["paths"][path][method], swagger(api)["paths"][path][method]]

    assert [(each["operationId"], each["x-kubernetes-action"]) for each in told] == [(id_, action)] * 2


def test_no_two_operations_share_an_id(api: ApiBench) -> None:
    define(api, version(subresources={"status": {}}))
    operations = [
        each for item in swagger(api)["paths"].values() for name, each in item.items() if name != "parameters"
    ]

    ids = [operation["operationId"] for operation in operations]

    assert len(ids) == len(set(ids)) > 400 and "replaceShopExampleV1NamespacedOrderStatus" in ids


def test_swagger_is_one_document_of_all_kinds(api: ApiBench) -> None:
    """Source: api/openapi-spec/swagger.json; swagger.io, "OpenAPI Specification 2.0"."""
    define(api)

    found = swagger(api)

    kinds = [each["kind"] for definition in found["definitions"].values()
             for each in definition.get("x-kubernetes-group-version-kind", ())]  # fmt: skip
    assert list(found)[:4] == ["swagger", "info", "paths", "definitions"] and found["swagger"] == "2.0"
    assert {kind.kind for kind in KINDS} | {"Order", "OrderList", "PodList", "Scale"} <= set(kinds)


def test_every_reference_of_swagger_leads_somewhere(api: ApiBench) -> None:
    define(api)
    found = swagger(api)

    named = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(found)))

    assert named == {f"#/definitions/{name}" for name in found["definitions"]} & named


def test_swagger_knows_no_words_of_version_3(api: ApiBench) -> None:
    define(api, version(schema=root({**fields(size=NUMBER), "oneOf": [{"required": ["size"]}]})))

    words = set(re.findall(r'"(oneOf|anyOf|allOf|not|nullable|requestBody|content|components|schemas)":',
                           json.dumps({**swagger(api), "definitions": {}})))  # fmt: skip

    spec = swagger(api)["definitions"]["example.shop.v1.Order"]["properties"]["spec"]
    assert (words, spec) == (set(), fields(size=NUMBER))


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("core.v1.Pod", "spec", {"$ref": "#/definitions/io.k8s.api.core.v1.PodSpec"}),
        ("core.v1.ResourceRequirements", "limits", {
            "type": "object",
            "additionalProperties": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
        }),
        ("core.v1.HTTPGetAction", "port", {"$ref": "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"}),
        ("core.v1.PodSpec", "priority", {"type": "integer", "format": "int32"}),
    ],
)  # fmt: skip
def test_a_field_has_its_type_in_swagger(api: ApiBench, name: str, field: str, expected: Obj) -> None:
    """Source: api/openapi-spec/swagger.json."""
    assert swagger(api)["definitions"][f"io.k8s.api.{name}"]["properties"][field] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("io.k8s.apimachinery.pkg.api.resource.Quantity", {"type": "string"}),
        ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", {"type": "string", "format": "int-or-string"}),
        ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", {"type": "string", "format": "date-time"}),
    ],
)
def test_what_may_be_of_two_types_is_text_in_swagger(api: ApiBench, name: str, expected: Obj) -> None:
    """Source: api/openapi-spec/swagger.json."""
    assert swagger(api)["definitions"][name] == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "nullable": True}, {}),
        ({**fields(size=NUMBER), "nullable": True}, {}),
        ({**fields(size=NUMBER), **KEEPS_ALL}, KEEPS_ALL),
        ({"type": "array", "items": {"type": "string", "nullable": True}}, {"type": "array", "items": {}}),
        ({"type": "object", "additionalProperties": {"type": "string", "nullable": True}},
         {"type": "object", "additionalProperties": {}}),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
         {"x-kubernetes-int-or-string": True}),
        (fields(size={**NUMBER, "not": {"enum": [1]}, "minimum": 0}), fields(size={**NUMBER, "minimum": 0})),
    ],
)  # fmt: skip
def test_swagger_says_of_a_custom_kind_what_it_can(api: ApiBench, schema: Obj, expected: Obj) -> None:
    """Source: apiextensions-apiserver/pkg/controller/openapi/v2/conversion.go (ToStructuralOpenAPIV2)."""
    define(api, version(schema=root(schema)))

    assert swagger(api)["definitions"]["example.shop.v1.Order"]["properties"]["spec"] == expected


def test_an_operation_of_swagger_tells_what_it_takes_and_gives(api: ApiBench) -> None:
    """Source: api/openapi-spec/swagger.json, patchAppsV1NamespacedDeployment."""
    item = swagger(api)["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    patch, text = item["patch"], {"type": "string"}

    assert item["parameters"] == [
        {"in": "path", "name": name, "required": True, **text} for name in ("name", "namespace")
    ]
    assert patch["parameters"][0] == {"in": "body", "name": "body", "schema": {"type": "object"}}
    assert {"in": "query", "name": "fieldValidation", **text} in patch["parameters"]
    assert patch["consumes"] == ["application/json-patch+json", "application/merge-patch+json",
                                 "application/strategic-merge-patch+json", "application/apply-patch+yaml"]  # fmt: skip
    assert patch["responses"]["200"]["schema"] == {"$ref": "#/definitions/io.k8s.api.apps.v1.Deployment"}


@pytest.mark.parametrize(("path", "is_strategic"), [("/apis/apps/v1", True), (f"/apis/{GROUP}/v1", False)])
def test_only_built_in_kinds_can_be_patched_strategically(api: ApiBench, path: str, is_strategic: bool) -> None:
    """Source: kubectl/pkg/cmd/apply/patcher.go (gvkSupportsPatchOpenAPIV3): so kubectl chooses its patch."""
    define(api)
    paths = document(api, path)["paths"].values()

    forms = [item["patch"]["requestBody"]["content"] for item in paths if "patch" in item]

    assert forms and {"application/strategic-merge-patch+json" in form for form in forms} == {is_strategic}
    assert {"application/merge-patch+json" in form for form in forms} == {True}


@pytest.mark.parametrize("kind", sorted(SERVED))
@pytest.mark.parametrize("verb", ["get", "list"])
def test_what_is_answered_fits_what_is_told(api: ApiBench, verb: str, kind: str) -> None:
    """A quirk of the real server is let pass: it answers null for the metrics that an autoscaler does not know yet."""
    jsonschema = pytest.importorskip("jsonschema", reason="it comes with kubernetes-validate (extra: dev)")
    api.given(sample(kind))
    found = document(api, place_of(kind))
    path = max((each for each in found["paths"] if each.endswith(f"/{SERVED[kind].plural}")), key=len)
    operation = found["paths"][path + "/{name}" if verb == "get" else path]["get"]

    answer = json.loads(json.dumps(api.send(verb, kind, "web" if verb == "get" else "").body, default=list))

    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    validator = jsonschema.Draft4Validator({"allOf": [schema], "components": found["components"]})
    assert {error.absolute_path[-1] for error in validator.iter_errors(answer)} <= {"currentMetrics"}
