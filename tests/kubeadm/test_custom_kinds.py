"""Custom kinds in a whole cluster: they are collected, emptied and lived again like any other."""

from __future__ import annotations

import pytest

from k8slab import Cluster

SHOP = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.shop.example}
spec:
  group: shop.example
  scope: Namespaced
  names: {plural: shops, singular: shop, kind: Shop}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer, default: 1}}}}
  - name: v1beta1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
CORNER = "{apiVersion: shop.example/v1, kind: Shop, metadata: {name: corner, namespace: default}}"


@pytest.fixture
def shop(cluster: Cluster) -> Cluster:
    """A cluster with a Shop."""
    cluster.apply(SHOP)
    cluster.run("5s")
    cluster.apply(CORNER)
    cluster.run("5s")
    return cluster


def test_what_a_custom_object_owns_goes_with_it(shop: Cluster) -> None:
    """Source: kubernetes.io, "Garbage Collection"."""
    uid = shop.client.get("Shop", "corner", "default")["metadata"]["uid"]
    owner = {"apiVersion": "shop.example/v1", "kind": "Shop", "name": "corner", "uid": uid}
    metadata = {"name": "till", "namespace": "default", "ownerReferences": [owner]}
    shop.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})

    shop.kubectl("delete shop corner")
    shop.run("60s")

    assert shop.client.list("ConfigMap", "default", fields="metadata.name=till") == []


def test_a_namespace_takes_its_custom_objects_along(shop: Cluster) -> None:
    """Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go."""
    shop.apply("{apiVersion: v1, kind: Namespace, metadata: {name: mall}}")
    shop.apply(CORNER.replace("default", "mall"))

    shop.kubectl("delete namespace mall")
    shop.run("60s")

    assert shop.client.list("Shop", "mall") == []
    assert [each["metadata"]["name"] for each in shop.client.list("Namespace")].count("mall") == 0


def test_a_deleted_kind_is_there_in_the_past(shop: Cluster) -> None:
    before = shop.now
    shop.run("5s")
    shop.kubectl("delete crd shops.shop.example")
    shop.run("10s")

    past, other = shop.at(before), shop.fork(before)

    assert shop.client.list("CustomResourceDefinition") == []
    assert [each["metadata"]["name"] for each in past.list("Shop")] == ["corner"]
    assert other.client.list("Shop") == past.list("Shop")
