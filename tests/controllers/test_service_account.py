"""The account that every namespace has.

Source: pkg/controller/serviceaccount/serviceaccounts_controller.go, syncNamespace.
"""

from __future__ import annotations

from bench import Bench
from running import Running

from k8slab.controllers import NamespaceController, ServiceAccountController

CONTROLLER = ServiceAccountController
CREATE = "create serviceaccounts"


def test_a_namespace_gets_its_account(bench: Bench) -> None:
    bench.reconcile("default")

    assert bench.writes == [CREATE]
    assert [each["metadata"]["name"] for each in bench.client.list("ServiceAccount", "default")] == ["default"]


def test_an_account_that_is_there_is_enough(bench: Bench) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}}
    bench.given({**account, "automountServiceAccountToken": False})

    bench.reconcile("default")

    assert bench.writes == []


def test_the_account_of_another_name_or_namespace_is_not_the_one(bench: Bench) -> None:
    for name, namespace in (("robot", "default"), ("default", "kube-system")):
        bench.given({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}})

    bench.reconcile("default")

    assert bench.writes == [CREATE]


def test_a_namespace_that_is_leaving_or_gone_gets_nothing(bench: Bench) -> None:
    bench.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    bench.client.delete("Namespace", "shop")

    bench.reconcile("shop")
    bench.reconcile("ghost")

    assert bench.writes == []


def test_an_account_that_is_deleted_comes_back_until_its_namespace_goes() -> None:
    cluster = Running(ServiceAccountController, NamespaceController)
    cluster.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    cluster.run(1)
    first = cluster.client.get("ServiceAccount", "default", "shop")

    cluster.client.delete("ServiceAccount", "default", "shop")
    cluster.run(1)

    assert cluster.client.get("ServiceAccount", "default", "shop")["metadata"]["uid"] != first["metadata"]["uid"]
    cluster.client.delete("Namespace", "shop")
    cluster.run(30)
    assert "shop" not in [each["metadata"]["name"] for each in cluster.client.list("Namespace")]
