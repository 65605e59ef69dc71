"""Server-side apply: create, merge, give up, conflict, force, share.

Source: kubernetes.io, "Server-Side Apply"; test/integration/apiserver/apply/apply_test.go;
structured-merge-diff, merge/{conflict,multiple_appliers,set_map,nested,obsolete_versions}_test.go.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_bench import ApiBench, refused, sample
from field_owners import applied, owners, wrote

from k8slab.wire import ApiError, Response

Obj = dict[str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

UNFIT = "failed to create typed patch object (default/web; /v1, Kind=ConfigMap)"


def config(data: Obj | None = None, **metadata: Any) -> Obj:
    """The configuration of a ConfigMap."""
    made: Obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web", "namespace": "default", **metadata},
    }
    return made if data is None else {**made, "data": data}


def deployment(replicas: int | None = None, **images: str) -> Obj:
    """The configuration of a Deployment with a container per image."""
    containers = [{"name": name, "image": image} for name, image in images.items()]
    spec: Obj = {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}},
    }
    if replicas is not None:
        spec["replicas"] = replicas
    metadata = {"name": "web", "namespace": "default"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def applying(api: ApiBench, body: Any, manager: str = "me", kind: str = "ConfigMap") -> Response:
    """Send any body as a configuration of the object `web`."""
    params = {"fieldManager": manager} if manager else {}
    return api.send("patch", kind, "web", body=body, content_type="application/apply-patch+yaml", params=params)


def test_what_is_not_there_is_created_and_owned_as_applied(api: ApiBench) -> None:
    """Source: TestApplyAlsoCreates; defaults belong to nobody."""
    answer = applying(api, deployment(web="nginx"), kind="Deployment")

    made = api.client.get("Deployment", "web", "default")
    assert answer.code == 201 and made["spec"]["replicas"] == 1
    assert owners(made) == {
        "me Apply": ".spec.selector .spec.template.metadata.labels.app "
        '.spec.template.spec.containers[name="web"] .spec.template.spec.containers[name="web"].image '
        '.spec.template.spec.containers[name="web"].name'
    }
    (entry,) = made["metadata"]["managedFields"]
    assert (entry["operation"], entry["apiVersion"], entry["time"]) == (
        "Apply",
        "apps/v1",
        made["metadata"]["creationTimestamp"],
    )


@pytest.mark.parametrize(
    ("first", "then", "data"),
    [
        ({"a": "1"}, {"a": "1", "b": "2"}, {"a": "1", "b": "2"}),
        ({"a": "1", "b": "2"}, {"a": "1"}, {"a": "1"}),
        ({"a": "1"}, {"b": "2"}, {"b": "2"}),
        ({"a": "1", "b": "2"}, {"a": "9"}, {"a": "9"}),
        ({"a": "1"}, None, None),
        ({"a": "1"}, {}, None),
    ],
)
def test_what_is_no_longer_applied_goes(api: ApiBench, first: Obj, then: Obj | None, data: Obj | None) -> None:
    """Source: "Server-Side Apply", Field management: a field given up by its only owner is deleted."""
    applied(api, config(first), "me")

    after = applied(api, config(then), "me")

    assert after.get("data") == data


@pytest.mark.parametrize("other", ["Apply", "Update"])
def test_what_somebody_else_owns_stays(api: ApiBench, other: str) -> None:
    """Source: "Server-Side Apply", transferring ownership; update.go, addBackOwnedItems."""
    applied(api, config({"a": "1", "b": "2"}), "me")
    if other == "Apply":
        applied(api, config({"b": "2"}), "you")
    else:
        wrote(api, "ConfigMap", {"data": {"b": "3"}}, "you")

    after = applied(api, config({"a": "1"}), "me")

    assert set(after["data"]) == {"a", "b"}
    assert owners(after) == {"me Apply": ".data.a", f"you {other}": ".data.b"}


@pytest.mark.parametrize(
    ("theirs", "mine", "message", "fields"),
    [
        (
            {"spec": {"replicas": 3}},
            deployment(2, web="nginx"),
            'Apply failed with 1 conflict: conflict with "them" using apps/v1: .spec.replicas',
            [".spec.replicas"],
        ),
        (
            {"spec": {"replicas": 3, "minReadySeconds": 4}},
            {**deployment(2, web="nginx"), "spec": {**deployment(2, web="nginx")["spec"], "minReadySeconds": 5}},
            'Apply failed with 2 conflicts: conflicts with "them" using apps/v1:\n'
            "- .spec.minReadySeconds\n- .spec.replicas",
            [".spec.minReadySeconds", ".spec.replicas"],
        ),
    ],
)
def test_what_another_manager_owns_is_a_conflict(
    api: ApiBench, theirs: Obj, mine: Obj, message: str, fields: list[str]
) -> None:
    """Source: managedfields/internal/conflict.go."""
    applied(api, deployment(1, web="nginx"), "me")
    wrote(api, "Deployment", theirs, "them")

    with pytest.raises(ApiError) as error:
        applied(api, mine, "me")

    assert (error.value.code, error.value.reason, error.value.message) == (409, "Conflict", message)
    assert error.value.details == {
        "causes": [
            {"reason": "FieldManagerConflict", "message": 'conflict with "them" using apps/v1', "field": field}
            for field in fields
        ]
    }


def test_conflicts_with_several_managers_are_told_manager_by_manager(api: ApiBench) -> None:
    """Source: conflict.go, getConflictMessage; an applier's version is not told."""
    applied(api, deployment(1, web="nginx"), "helm")
    wrote(api, "Deployment", {"spec": {"minReadySeconds": 4}}, "them")
    mine = deployment(2, web="redis")
    mine["spec"]["minReadySeconds"] = 5

    assert refused(applied, api, mine, "me")[2] == (
        'Apply failed with 3 conflicts: conflicts with "helm":\n- .spec.replicas\n'
        '- .spec.template.spec.containers[name="web"].image\n'
        'conflicts with "them" using apps/v1:\n- .spec.minReadySeconds'
    )


def test_force_takes_the_fields(api: ApiBench) -> None:
    """Source: "Server-Side Apply", Conflicts: overwrite value, become sole manager."""
    applied(api, config({"a": "1", "b": "1"}), "them")

    after = applied(api, config({"a": "2"}), "me", force=True)

    assert after["data"] == {"a": "2", "b": "1"}
    assert owners(after) == {"me Apply": ".data.a", "them Apply": ".data.b"}


def test_the_same_value_is_shared_and_stays_until_the_last_owner_lets_go(api: ApiBench) -> None:
    """Source: "Server-Side Apply", Conflicts: become shared manager."""
    applied(api, config({"a": "1"}), "me")
    shared = applied(api, config({"a": "1"}), "you")

    without_me = applied(api, config({}), "me")
    without_both = applied(api, config({}), "you")

    assert owners(shared) == {"me Apply": ".data.a", "you Apply": ".data.a"}
    assert (without_me["data"], without_both.get("data")) == ({"a": "1"}, None)


def test_who_joins_without_a_change_has_no_time(api: ApiBench) -> None:
    """Source: merge/update.go, Apply: nothing comes back when nothing changes; managedfieldsupdater.go, Apply."""
    applied(api, config({"a": "1"}), "me")
    api.loop.run_until(api.loop.now + 60)

    joined = applied(api, config({"a": "1"}), "you")

    assert {entry["manager"]: "time" in entry for entry in joined["metadata"]["managedFields"]} == {
        "me": True,
        "you": False,
    }


def test_a_shared_field_cannot_be_changed_by_one_alone(api: ApiBench) -> None:
    """Source: merge/multiple_appliers_test.go."""
    for manager in ("me", "you"):
        applied(api, config({"a": "1"}), manager)

    assert refused(applied, api, config({"a": "2"}), "me") == (
        409,
        "Conflict",
        'Apply failed with 1 conflict: conflict with "you": .data.a',
    )


def test_lists_with_keys_are_owned_element_by_element(api: ApiBench) -> None:
    """Source: "Server-Side Apply", Merge strategy; merge/nested_test.go."""
    applied(api, deployment(web="nginx"), "me")
    applied(api, deployment(web="nginx", side="busybox"), "you")
    after = applied(api, deployment(side="busybox"), "you")

    last = applied(api, {**deployment(side="busybox", extra="redis")}, "you")

    assert [c["name"] for c in after["spec"]["template"]["spec"]["containers"]] == ["web", "side"]
    assert [c["name"] for c in last["spec"]["template"]["spec"]["containers"]] == ["web", "side", "extra"]


def test_ports_without_a_protocol_are_those_of_tcp(api: ApiBench) -> None:
    """Source: TestApplyUpdateApplyConflictForced... ; the default of an associative key in the schema."""
    service: Obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}}

    applied(api, {**service, "spec": {"ports": [{"port": 80, "name": "a"}]}}, "me")
    after = applied(
        api, {**service, "spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "a", "targetPort": 8080}]}}, "me"
    )

    (port,) = after["spec"]["ports"]
    assert port["targetPort"] == 8080


def test_an_atomic_list_is_one_field(api: ApiBench) -> None:
    """Source: "Server-Side Apply", Merge strategy: x-kubernetes-list-type atomic."""
    role: Obj = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "web", "namespace": "default"},
    }
    one = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    applied(api, {**role, "rules": [one]}, "me")

    text = refused(applied, api, {**role, "rules": [one, one]}, "you")[2]

    assert text == 'Apply failed with 1 conflict: conflict with "me": .rules'


def test_a_set_is_owned_value_by_value(api: ApiBench) -> None:
    """Source: finalizers are a set (meta/v1 ObjectMeta)."""
    applied(api, config(finalizers=["a.com/x"]), "me")
    both = applied(api, config(finalizers=["a.com/y"]), "you")

    after = applied(api, config(), "me")

    assert both["metadata"]["finalizers"] == ["a.com/x", "a.com/y"]
    assert after["metadata"]["finalizers"] == ["a.com/y"]


def test_a_dry_run_shows_and_stores_nothing(api: ApiBench) -> None:
    before = applied(api, config({"a": "1"}), "me")

    shown = applied(api, config({"a": "2"}), "me", dryRun="All")

    assert shown["data"] == {"a": "2"}
    assert (
        api.client.get("ConfigMap", "web", "default")["metadata"]["resourceVersion"]
        == before["metadata"]["resourceVersion"]
    )


def test_applying_once_more_changes_nothing_and_writes_nothing(api: ApiBench) -> None:
    """Source: TestNoOpChanges in apply_test.go."""
    before = applied(api, config({"a": "1"}), "me")
    revision = api.revision
    api.loop.run_until(api.loop.now + 60)

    after = applied(api, config({"a": "1"}), "me")

    assert api.revision == revision and after == before


def test_a_status_is_applied_by_its_own_door_alone(api: ApiBench) -> None:
    """Source: TestApplyResetFields; structuredmerge.go, reset fields."""
    applied(api, deployment(web="nginx"), "me")
    status: Obj = {k: v for k, v in deployment().items() if k != "spec"} | {"status": {"replicas": 3}}

    main = applied(api, {**deployment(web="nginx"), **status}, "me")
    after = applied(api, status, "me", subresource="status")

    assert main["status"].get("replicas", 0) == 0 and after["status"]["replicas"] == 3
    entry = next(e for e in after["metadata"]["managedFields"] if e.get("subresource") == "status")
    assert (entry["operation"], entry["fieldsV1"]) == ("Apply", {"f:status": {"f:replicas": {}}})


def test_what_nobody_tracked_belongs_to_before_first_apply(api: ApiBench) -> None:
    """Source: managedfields/internal/skipnonapplied.go; "Server-Side Apply", Clearing managedFields."""
    api.given(sample("ConfigMap", data={"a": "1", "b": "1"}))
    wrote(api, "ConfigMap", {"metadata": {"managedFields": [{}]}}, "me")

    text = refused(applied, api, config({"a": "2"}), "me")[2]
    after = applied(api, config({"a": "2"}), "me", force=True)

    assert text == 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a'
    assert owners(after) == {"me Apply": ".data.a", "before-first-apply Update": ".data .data.b"}


def test_kubectl_goes_on_on_the_server_where_it_began_on_the_client(api: ApiBench) -> None:
    """Source: lastappliedmanager.go, lastappliedupdater.go: what the note names and the object has is no conflict."""
    note = json.dumps(config({"a": "1"}, annotations={})) + "\n"
    api.given({**config({"a": "1"}), "metadata": {**config()["metadata"], "annotations": {LAST_APPLIED: note}}})

    refusal = refused(applied, api, config({"a": "2"}), "me")
    after = applied(api, config({"a": "2"}), "kubectl")

    assert refusal[0] == 409 and after["data"] == {"a": "2"}
    assert json.loads(after["metadata"]["annotations"][LAST_APPLIED])["data"] == {"a": "2"}


def test_kubectl_meets_a_conflict_where_somebody_else_has_changed_the_object(api: ApiBench) -> None:
    """Source: lastappliedmanager.go, allowedConflictsFromLastApplied."""
    note = json.dumps(config({"a": "1"}, annotations={})) + "\n"
    api.given({**config({"a": "1"}), "metadata": {**config()["metadata"], "annotations": {LAST_APPLIED: note}}})
    wrote(api, "ConfigMap", {"data": {"a": "9"}}, "them")

    assert refused(applied, api, config({"a": "2"}), "kubectl")[2] == (
        'Apply failed with 1 conflict: conflict with "them" using v1: .data.a'
    )


@pytest.mark.parametrize(
    ("body", "manager", "code", "text"),
    [
        (
            config(),
            "",
            422,
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        ),
        ({**config(), "kind": "Secret"}, "me", 400, "invalid object type: /v1, Kind=Secret"),
        ({**config(), "apiVersion": "v2"}, "me", 400, "invalid object type: /v2, Kind=ConfigMap"),
        (config(managedFields=[]), "me", 400, "metadata.managedFields must be nil"),
        (
            {**config(), "dato": {}},
            "me",
            500,
            f"{UNFIT}: .dato: field not declared in schema",
        ),
        (
            {**config(), "immutable": "yes", "z": 1},
            "me",
            500,
            f"{UNFIT}: errors:\n  .immutable: expected boolean, got &{{yes}}\n  .z: field not declared in schema",
        ),
        (config(finalizers=["a.com/x", "a.com/x"]), "me", 500, None),
        ([], "me", 400, None),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(
    api: ApiBench, body: Any, manager: str, code: int, text: str | None
) -> None:
    """Source: versioncheck.go, structuredmerge.go, typed/{validate,helpers}.go, ValidatePatchOptions."""
    answer = applying(api, body, manager)

    assert answer.code == code and (text is None or answer.body["message"] == text), answer.body["message"]


def test_elements_given_twice_are_named(api: ApiBench) -> None:
    """Source: typed/helpers.go; the text of a real server for two containers of one name."""
    twice = deployment(web="nginx")
    twice["spec"]["template"]["spec"]["containers"] *= 2

    assert refused(applied, api, twice, "me")[2] == (
        "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): "
        '.spec.template.spec.containers: duplicate entries for key [name="web"]'
    )


@pytest.mark.parametrize(
    ("metadata", "code", "text"),
    [
        ({"name": "db"}, 400, "the name of the object (db) does not match the name on the URL (web)"),
        ({"resourceVersion": "1"}, 409, "the object has been modified"),
        ({"uid": "0"}, 409, "Precondition failed: UID in precondition: 0"),
    ],
)
def test_a_configuration_of_another_object_is_refused(api: ApiBench, metadata: Obj, code: int, text: str) -> None:
    applied(api, config({"a": "1"}), "me")

    answer = applying(api, config({"a": "1"}, **metadata))

    assert answer.code == code and text in answer.body["message"]


def test_an_apply_that_breaks_a_rule_is_refused_as_any_write(api: ApiBench) -> None:
    assert refused(applied, api, deployment(-1, web="nginx"), "me")[2].startswith(
        'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'
    )


def test_force_is_for_applies_alone(api: ApiBench) -> None:
    api.given(sample("ConfigMap"))

    merging = "application/merge-patch+json"
    answer = api.send("patch", "ConfigMap", "web", body={}, content_type=merging, params={"force": "true"})

    assert answer.body["message"].endswith("force: Forbidden: may not be specified for non-apply patch")
