"""An Ingress without a class gets the default one.

Source: plugin/pkg/admission/network/defaultingressclass/admission.go and its test.
"""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench

Obj = dict[str, Any]

OLD_NAME = "kubernetes.io/ingress.class"


def ingress_class(name: str, is_default: str = "true") -> Obj:
    """An IngressClass that is, or is not, marked as default."""
    marks = {"ingressclass.kubernetes.io/is-default-class": is_default}
    about = {"name": name, "annotations": marks}
    spec = {"controller": "example.com/controller"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": about, "spec": spec}


@pytest.mark.parametrize(
    ("classes", "spec", "annotations", "name"),
    [
        ([], {}, {}, None),
        ([ingress_class("a")], {}, {}, "a"),
        ([ingress_class("a", "false")], {}, {}, None),
        ([ingress_class("a"), ingress_class("b", "no")], {}, {}, "a"),
        ([ingress_class("b"), ingress_class("a")], {}, {}, "a"),  # equally old: by name
        ([ingress_class("a")], {"ingressClassName": "mine"}, {}, "mine"),
        ([ingress_class("a")], {}, {OLD_NAME: "old"}, None),
    ],
)
def test_the_class_of_an_ingress(
    api: ApiBench, classes: list[Obj], spec: Obj, annotations: Obj, name: str | None
) -> None:
    for each in classes:
        api.client.create(each)
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    about = {"name": "shop", "namespace": "default", "annotations": annotations}

    made = api.client.create({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": about,
                              "spec": {"defaultBackend": backend, **spec}})  # fmt: skip

    assert made["spec"].get("ingressClassName") == name
