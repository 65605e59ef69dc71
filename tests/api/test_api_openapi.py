"""The OpenAPI v3 documents: every kind has its schema, every reference leads somewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj

from k8slab.api import KINDS, Kind
from k8slab.wire import Request


def document(api: ApiBench, path: str) -> Any:
    return api.api.handle(Request("get", path=f"/openapi/v3{path}", user="alice")).body


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

    assert re.fullmatch(rf"/openapi/v3{place_of(kind)}\?hash=[0-9A-F]{{32}}", told)
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
