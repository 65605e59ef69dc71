"""ClusterRoles that gather the rules of others."""

from __future__ import annotations

from typing import Any

from bench import Bench
from running import Running

from k8slab.controllers import ClusterRoleAggregationController

Obj = dict[str, Any]


def role(name: str, *verbs: str, label: str = "", gathers: str = "") -> Obj:
    """A ClusterRole with a rule per verb; `gathers` is the label of those whose rules it takes."""
    metadata: Obj = {"name": name, "labels": {label: "true"} if label else {}}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": [verb]} for verb in verbs]
    made = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules}
    if gathers:
        made["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {gathers: "true"}}]}
    return made


def verbs_of(bench: Bench, name: str) -> list[str]:
    """The verbs of the rules of a role, in order."""
    return [rule["verbs"][0] for rule in bench.client.get("ClusterRole", name)["rules"]]


def test_the_rules_of_the_selected_roles_are_gathered_by_name() -> None:
    """Source: kubernetes.io, "Using RBAC Authorization", Aggregated ClusterRoles."""
    bench = Bench(ClusterRoleAggregationController)
    bench.given(role("b", "list", label="sum"), role("a", "get", label="sum"), role("c", "watch", label="other"))
    bench.given(role("all", "delete", gathers="sum"))

    bench.reconcile("/all")

    assert verbs_of(bench, "all") == ["get", "list"]
    assert bench.writes == ["patch clusterroles/all"]


def test_a_rule_that_two_roles_have_is_gathered_once_and_its_own_never() -> None:
    bench = Bench(ClusterRoleAggregationController)
    bench.given(role("a", "get", "list", label="sum"), role("b", "get", label="sum"))
    bench.given(role("all", "delete", label="sum", gathers="sum"))

    bench.reconcile("/all")

    assert verbs_of(bench, "all") == ["get", "list"]


def test_what_is_gathered_already_and_what_does_not_gather_is_left_alone() -> None:
    bench = Bench(ClusterRoleAggregationController)
    bench.given(role("a", "get", label="sum"), role("all", "get", gathers="sum"))

    bench.reconcile("/all")
    bench.reconcile("/a")
    bench.reconcile("/gone")

    assert bench.writes == []


def test_a_role_that_comes_changes_or_goes_is_followed_through_two_levels() -> None:
    running = Running(ClusterRoleAggregationController)
    running.given(role("view", label="to-edit", gathers="to-view"), role("edit", gathers="to-edit"))
    running.given(role("mine", "get", label="to-view"))
    running.run(5)
    assert verbs_of(running, "edit") == ["get"]

    running.client.patch("ClusterRole", "mine", "", {"rules": role("", "list")["rules"]}, type="merge")
    running.run(5)
    assert verbs_of(running, "edit") == ["list"]

    running.client.delete("ClusterRole", "mine")
    running.run(5)

    assert verbs_of(running, "view") == verbs_of(running, "edit") == []
