"""CustomResourceDefinitions: which are refused, what becomes of their names, and how they go."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, refused
from custom_bench import (
    GROUP,
    KEEPS_ALL,
    NAME,
    NUMBER,
    TEXT,
    Obj,
    condition,
    define,
    definition,
    fields,
    order,
    problems,
    root,
    send,
    settle,
    version,
)

from k8slab.wire import Request

LABEL = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
MIXED = "may have mixed case, but should otherwise match: "
SCALE = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
COLUMN = {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}
WEBHOOK = {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://shop.example"}}
SIZED = root(fields(size=NUMBER, tags=KEEPS_ALL))


def scale(**changes: str) -> Obj:
    return version(subresources={"scale": {name: path for name, path in {**SCALE, **changes}.items() if path}})


def column(**changes: Any) -> Obj:
    kept = {name: value for name, value in {**COLUMN, **changes}.items() if value is not None}
    return version(additionalPrinterColumns=[kept])


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"group": "shop"}, 'spec.group: Invalid value: "shop": should be a domain with at least one dot'),
        ({"scope": ""}, "spec.scope: Required value"),
        (
            {"scope": "World"},
            'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"',
        ),
        ({"names": {"kind": "Some_Order"}}, f'spec.names.kind: Invalid value: "Some_Order": {MIXED}{LABEL}'),
        ({"names": {"singular": "Order"}}, f'spec.names.singular: Invalid value: "Order": {LABEL}'),
        ({"names": {"shortNames": ["o", "O"]}}, f'spec.names.shortNames[1]: Invalid value: "O": {LABEL}'),
        ({"names": {"categories": ["A"]}}, f'spec.names.categories[0]: Invalid value: "A": {LABEL}'),
        (
            {"names": {"listKind": "Order"}},
            'spec.names.listKind: Invalid value: "Order": kind and listKind may not be the same',
        ),
        (
            {"preserveUnknownFields": True},
            "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set "
            "x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        ),
        (
            {"conversion": {"strategy": "Magic"}},
            'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"',
        ),
        (
            {"conversion": {"strategy": "Webhook", "webhook": WEBHOOK}},
            'spec.conversion.strategy: Invalid value: "Webhook": conversion by webhook is not supported here: '
            "only None, which changes nothing but the apiVersion",
        ),
        (
            {"group": "shop.k8s.io"},
            'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval '
            'annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
        ),
    ],
)  # fmt: skip
def test_a_definition_that_makes_no_sense_is_refused(api: ApiBench, wrong: Obj, expected: str) -> None:
    """Source: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go."""
    assert problems(api, definition(**wrong)) == [expected]


def test_a_definition_has_the_name_of_its_kind(api: ApiBench) -> None:
    wrong = {**definition(), "metadata": {"name": "orders"}}

    assert problems(api, wrong) == ['metadata.name: Invalid value: "orders": must be spec.names.plural+"."+spec.group']


@pytest.mark.parametrize(
    ("versions", "place", "message"),
    [
        ([version("V1")], "spec.versions[0].name", f'Invalid value: "V1": {LABEL}'),
        ([version(storage=False)], "spec.versions", "must have exactly one version marked as storage version"),
        ([version(), version("v2")], "spec.versions", "must have exactly one version marked as storage version"),
        ([version(), version(storage=False)], "spec.versions", "must contain unique version names"),
        (
            [{"name": "v1", "served": True, "storage": True}],
            "spec.versions[0].schema.openAPIV3Schema",
            "Required value: schemas are required",
        ),
        (
            [version(deprecationWarning="old")],
            "spec.versions[0].deprecationWarning",
            'Invalid value: "old": can only be set for deprecated versions',
        ),
        (
            [version(deprecated=True, deprecationWarning="")],
            "spec.versions[0].deprecationWarning",
            'Invalid value: "": must not be an empty string',
        ),
        (
            [version(deprecated=True, deprecationWarning="x" * 257)],
            "spec.versions[0].deprecationWarning",
            "must be <= 256 characters long",
        ),
        ([scale(specReplicasPath="")], "spec.subresources.scale.specReplicasPath", "Required value"),
        (
            [scale(specReplicasPath=".status.replicas")],
            "spec.subresources.scale.specReplicasPath",
            'Invalid value: ".status.replicas": should be a json path under .spec',
        ),
        (
            [scale(statusReplicasPath="replicas")],
            "spec.subresources.scale.statusReplicasPath",
            'Invalid value: "replicas": must be a simple json path starting with .',
        ),
        (
            [scale(labelSelectorPath=".metadata.labels")],
            "spec.subresources.scale.labelSelectorPath",
            'Invalid value: ".metadata.labels": should be a json path under either .spec or .status',
        ),
        ([column(name="")], "spec.additionalPrinterColumns[0].name", "Required value"),
        (
            [column(type="text")],
            "spec.additionalPrinterColumns[0].type",
            'Invalid value: "text": must be one of boolean,date,integer,number,string',
        ),
        (
            [column(format="long")],
            "spec.additionalPrinterColumns[0].format",
            'Invalid value: "long": must be one of byte,date,date-time,double,float,int32,int64,password',
        ),
        ([column(jsonPath="")], "spec.additionalPrinterColumns[0].JSONPath", "Required value"),
        (
            [version(schema=SIZED, selectableFields=[{"jsonPath": ".spec.colour"}])],
            "spec.selectableFields[0].jsonPath",
            'Invalid value: ".spec.colour": is an invalid path: does not refer to a valid field',
        ),
        (
            [version(schema=SIZED, selectableFields=[{"jsonPath": ".spec.tags"}])],
            "spec.selectableFields[0].jsonPath",
            'Invalid value: ".spec.tags": must point to a field of type string, boolean or integer. Enum string fields '
            "and strings with formats are allowed.",
        ),
        (
            [version(schema=SIZED, selectableFields=[{"jsonPath": ".spec.size"}] * 2)],
            "spec.selectableFields[1].jsonPath",
            'Duplicate value: ".spec.size"',
        ),
    ],
)
def test_versions_are_checked(api: ApiBench, versions: list[Obj], place: str, message: str) -> None:
    """Source: validation.go, validateCustomResourceDefinitionSpec and …Version."""
    (problem,) = problems(api, definition(*versions))

    assert problem.startswith(f"{place}: ") and problem.endswith(message)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"scope": "Cluster"}, 'spec.scope: Invalid value: "Cluster": field is immutable'),
        ({"names": {"kind": "Bill"}}, 'spec.names.kind: Invalid value: "Bill": field is immutable'),
        (
            {"versions": [version("v2")]},
            'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage '
            "version, and must remain in spec.versions until a storage migration ensures no data remains persisted in "
            "v1 and removes v1 from status.storedVersions",
        ),
        ({"names": {"shortNames": ["o"]}}, None),
        ({"versions": [version("v2"), version(storage=False)]}, None),
    ],
)
def test_some_of_a_definition_stays_as_it_is(api: ApiBench, changes: Obj, expected: str | None) -> None:
    """Source: validation.go, validateCustomResourceDefinitionSpecUpdate and …StoredVersions."""
    define(api)

    patch = {"spec": changes}
    answer = api.request(
        "patch",
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        name=NAME,
        body=patch,
        content_type="application/merge-patch+json",
    )

    causes = [f"{each['field']}: {each['message']}" for each in answer.body.get("details", {}).get("causes", ())]
    assert (answer.code, causes) == ((422, [expected]) if expected else (200, []))


def test_what_is_not_said_follows_from_the_kind(api: ApiBench) -> None:
    """Source: apiextensions/v1/defaults.go."""
    short = definition()
    short["spec"]["names"] = {"plural": "orders", "kind": "Order"}

    created = api.client.create(short)

    assert created["spec"]["names"] == definition()["spec"]["names"]
    assert created["spec"]["conversion"] == {"strategy": "None"}
    assert created["status"] == {
        "conditions": [],
        "acceptedNames": {"plural": "", "kind": ""},
        "storedVersions": ["v1"],
    }


def test_a_kind_is_served_once_its_names_are_accepted(api: ApiBench) -> None:
    """Source: naming_controller.go; kubernetes.io, "Create a CustomResourceDefinition"."""
    api.client.create(definition())
    too_early = send(api, "list").code

    settle(api)

    found = api.client.get("CustomResourceDefinition", NAME)
    assert (too_early, send(api, "list").code) == (404, 200)
    assert condition(found, "NamesAccepted") == ("True", "NoConflicts", "no conflicts found")
    assert condition(found, "Established") == (
        "True",
        "InitialNamesAccepted",
        "the initial names have been accepted",
    )
    assert found["status"]["acceptedNames"] == found["spec"]["names"]


@pytest.mark.parametrize(
    ("names", "reason", "message"),
    [
        ({"plural": "bills", "singular": "bill"}, "ListKindConflict", '"OrderList" is already in use'),
        (
            {"plural": "bills", "singular": "order", "kind": "Bill", "listKind": "BillList"},
            "SingularConflict",
            '"order" is already in use',
        ),
        (
            {"plural": "bills", "singular": "bill", "kind": "Bill", "listKind": "BillList", "shortNames": ["o", "b"]},
            "ShortNamesConflict",
            '"o" is already in use',
        ),
    ],
)
def test_names_are_given_once_in_a_group(api: ApiBench, names: Obj, reason: str, message: str) -> None:
    """Source: naming_controller.go, calculateNamesAndConditions."""
    define(api, names={"shortNames": ["o"]})

    api.client.create(definition(names=names))
    settle(api)

    found = api.client.get("CustomResourceDefinition", f"bills.{GROUP}")
    assert condition(found, "NamesAccepted") == ("False", reason, message)
    assert condition(found, "Established") == ("False", "NotAccepted", "not all names are accepted")
    assert api.request("list", "bills", GROUP).code == 404


def test_another_group_may_use_the_same_names(api: ApiBench) -> None:
    define(api)

    api.client.create(definition(group="office.example"))
    settle(api)

    assert api.request("list", "orders", "office.example").code == 200


def test_names_that_become_free_are_given(api: ApiBench) -> None:
    define(api, names={"shortNames": ["o"]})
    api.client.create(definition(names={"plural": "bills", "singular": "bill", "kind": "Bill", "listKind": "BillList",
                                        "shortNames": ["o"]}))  # fmt: skip
    settle(api)

    api.client.delete("CustomResourceDefinition", NAME)
    settle(api)

    assert api.request("list", "bills", GROUP).code == 200


def test_a_definition_goes_when_its_objects_are_gone(api: ApiBench) -> None:
    """Source: apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go."""
    define(api)
    api.client.create(order(metadata={"name": "held", "namespace": "default", "finalizers": ["shop.example/hold"]}))
    api.client.create(order())

    gone = api.client.delete("CustomResourceDefinition", NAME)
    settle(api)

    found = api.client.get("CustomResourceDefinition", NAME)
    assert gone["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    assert condition(found, "Terminating") == (
        "True",
        "InstanceDeletionInProgress",
        "CustomResource deletion is in progress",
    )
    assert [each["metadata"]["name"] for each in send(api, "list").body["items"]] == ["held"]


def test_the_last_object_lets_its_definition_go(api: ApiBench) -> None:
    define(api)
    api.client.create(order(metadata={"name": "held", "namespace": "default", "finalizers": ["shop.example/hold"]}))
    api.client.delete("CustomResourceDefinition", NAME)
    settle(api)

    api.client.patch("Order", "held", "default", {"metadata": {"finalizers": None}}, type="merge")
    api.loop.run_until(api.loop.now + 10)

    assert api.client.list("CustomResourceDefinition") == []
    assert send(api, "list").code == 404


def test_a_kind_that_is_leaving_takes_nothing_new(api: ApiBench) -> None:
    """Source: customresource_handler.go, ServeHTTP: create is refused with 405 while the definition terminates."""
    define(api)
    api.client.create(order(metadata={"name": "held", "namespace": "default", "finalizers": ["shop.example/hold"]}))
    api.client.delete("CustomResourceDefinition", NAME)
    settle(api)

    error = refused(api.client.create, order("late"))

    assert error == (
        405,
        "MethodNotAllowed",
        "create not allowed while custom resource definition is terminating",
    )


def test_a_definition_is_there_after_a_restart_of_the_server(api: ApiBench) -> None:
    from k8slab.api import Api

    define(api)
    api.client.create(order(spec={"size": 1}))

    answer = Api(api.store, api.loop).handle(Request("get", "orders", GROUP, "v1", "default", "one"))

    assert answer.code == 200 and answer.body["spec"] == {"size": 1}


def test_discovery_tells_of_a_custom_kind(api: ApiBench) -> None:
    """Source: customresource_discovery_controller.go (sync); version priority: kubernetes.io, "Versions in CRDs"."""
    versions = [version(name, storage=name == "v1") for name in ("v1beta1", "v1", "v10", "v2", "v1alpha1", "foo1")]
    define(api, *versions, names={"shortNames": ["o"], "categories": ["all"]})

    groups = api.api.handle(Request("get", path="/apis", accept="APIGroupDiscoveryList")).body["items"]

    (found,) = [group for group in groups if group["metadata"]["name"] == GROUP]
    assert [each["version"] for each in found["versions"]] == ["v10", "v2", "v1", "v1beta1", "v1alpha1", "foo1"]
    assert found["versions"][2]["resources"] == [
        {
            "resource": "orders",
            "responseKind": {"group": GROUP, "version": "v1", "kind": "Order"},
            "scope": "Namespaced",
            "singularResource": "order",
            "verbs": ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
            "shortNames": ["o"],
            "categories": ["all"],
        }
    ]


@pytest.mark.parametrize(
    ("rule", "warnings"),
    [
        ("self.size > 1", 0),
        ("quantity(self.size).isInteger()", 1),
        ("self.?size.hasValue()", 1),
        ("self.size.split(',').map(x, x != '', x).size() > 0", 1),
    ],
)
def test_rules_that_nobody_enforces_are_warned_of(api: ApiBench, rule: str, warnings: int) -> None:
    schema = root({**fields(size=TEXT), "x-kubernetes-validations": [{"rule": rule}]})

    api.client.create(definition(version(schema=schema)))

    place = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    assert [text.startswith(f"{place}: the rule is skipped: ") for text in api.client.warnings] == [True] * warnings


def test_an_old_version_may_go_once_nothing_is_stored_in_it(api: ApiBench) -> None:
    """Source: kubernetes.io, "Versions in CRDs", "Upgrade existing objects to a new stored version"."""
    define(api, version("v1"), version("v2", storage=False))
    both = [version("v1", storage=False), version("v2")]
    changed = api.client.patch("CustomResourceDefinition", NAME, "", {"spec": {"versions": both}}, type="merge")

    api.client.update_status({**changed, "status": {**changed["status"], "storedVersions": ["v2"]}})
    left = api.client.patch("CustomResourceDefinition", NAME, "", {"spec": {"versions": [version("v2")]}}, type="merge")

    assert left["status"]["storedVersions"] == ["v2"]
    assert [send(api, "list", version=name).code for name in ("v1", "v2")] == [404, 200]
