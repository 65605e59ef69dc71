"""Fill ClusterRoles that only gather: their rules are those of the roles that their selectors find.

Watches   ClusterRoles.
Compares  the rules of a role that has an aggregationRule with the rules of the selected roles, by name.
Writes    the rules of that role.
Source    pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go, syncClusterRole
Left out  server-side apply: the rules are patched
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client, Controller, Informers
from k8slab.clock import Scheduling
from k8slab.objects import Key, key_of, matches

__all__ = [
    "ClusterRoleAggregationController",
]

Obj = dict[str, Any]


class ClusterRoleAggregationController(Controller):
    """Whatever role changes, every role that gathers is looked at: there are few, and one may gather another."""

    name = "clusterrole-aggregation-controller"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.roles = self.informer("ClusterRole")
        self.roles.add_index("gathers", lambda role: ("yes",) if role.get("aggregationRule") is not None else ())
        self.roles.on_change(self._role_changed)

    def reconcile(self, key: Key) -> None:
        """Write the gathered rules when they are others than before."""
        role = self.roles.get(key)
        if role is None or role.get("aggregationRule") is None:
            return
        rules: list[Obj] = []
        for rule in self._gathered(role):
            if rule not in rules:
                rules.append(rule)
        if rules != (role.get("rules") or []):
            self.client.patch("ClusterRole", key.name, "", {"rules": rules}, type="merge")

    def _gathered(self, role: Obj) -> Iterator[Obj]:
        roles = sorted(self.roles.list(), key=lambda each: str(each["metadata"]["name"]))
        for selector in role["aggregationRule"].get("clusterRoleSelectors") or ():
            for each in roles:
                metadata = each["metadata"]
                if metadata["name"] != role["metadata"]["name"] and matches(selector, metadata.get("labels") or {}):
                    yield from each.get("rules") or ()

    def _role_changed(self, old: Obj | None, new: Obj | None) -> None:
        for role in self.roles.by_index("gathers", "yes"):
            self.enqueue(key_of(role))
