"""Who owns whom, and how an object is called."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.objects import Key, controller_of, key_of, owned_by, owner_reference

WEB: dict[str, Any] = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web", "uid": "u1"}}
CONTROLLED = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "web",
    "uid": "u1",
    "controller": True,
    "blockOwnerDeletion": True,
}


def owned(*references: dict[str, Any]) -> dict[str, Any]:
    """A Pod with owners."""
    return {"metadata": {"name": "web-1", "ownerReferences": list(references)}}


def test_a_controller_refers_to_itself_and_blocks_its_own_foreground_deletion() -> None:
    """Source: pkg/apis/meta/v1/controller_ref.go, NewControllerRef."""
    assert owner_reference(WEB) == CONTROLLED


def test_of_many_owners_one_is_the_controller() -> None:
    """Source: pkg/apis/meta/v1/controller_ref.go, GetControllerOf."""
    other = {**CONTROLLED, "uid": "u2", "controller": False}

    assert controller_of(owned(other, CONTROLLED)) == CONTROLLED


@pytest.mark.parametrize("metadata", [{}, {"ownerReferences": None}, {"ownerReferences": [{"uid": "u1"}]}])
def test_without_a_controller_an_object_belongs_to_nobody(metadata: dict[str, Any]) -> None:
    assert controller_of({"metadata": metadata}) is None
    assert not owned_by({"metadata": metadata}, WEB)


def test_the_uid_counts_and_not_the_name() -> None:
    """Source: pkg/apis/meta/v1/controller_ref.go, IsControlledBy."""
    assert owned_by(owned(CONTROLLED), WEB)
    assert owned_by(owned({**CONTROLLED, "name": "renamed"}), WEB)
    assert not owned_by(owned({**CONTROLLED, "uid": "u0"}), WEB)


@pytest.mark.parametrize(
    ("metadata", "key", "text"),
    [
        ({"namespace": "shop", "name": "web"}, Key("shop", "web"), "shop/web"),
        ({"name": "node-1"}, Key("", "node-1"), "node-1"),
    ],
)
def test_a_key_is_namespace_and_name(metadata: dict[str, str], key: Key, text: str) -> None:
    """Source: client-go, tools/cache/store.go, MetaNamespaceKeyFunc."""
    assert key_of({"metadata": metadata}) == key
    assert str(key) == text
