"""Answers in other forms than the object itself: tables, and metadata only."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample
from custom_bench import GROUP, define, order

from k8slab.wire import Response

PARTIAL, PARTIAL_LIST = "PartialObjectMetadata", "PartialObjectMetadataList"


def metadata_only(obj: Obj) -> Obj:
    return {"kind": PARTIAL, "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def of_a_row(obj: Obj) -> Obj:
    unmanaged = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    return metadata_only({"metadata": unmanaged})


def pulled(answer: Response) -> list[tuple[str, Obj]]:
    assert answer.stream is not None
    return [(event.type, event.object) for event in answer.stream.pull()]


@pytest.mark.parametrize(
    ("included", "expected"),
    [({}, of_a_row), ({"includeObject": ""}, of_a_row), ({"includeObject": "Metadata"}, of_a_row),
     ({"includeObject": "Object"}, lambda obj: obj), ({"includeObject": "None"}, lambda obj: None)],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["get", "list", "watch"])
def test_a_row_holds_of_its_object_what_was_asked_for(
    api: ApiBench, verb: str, included: dict[str, str], expected: Any
) -> None:
    """Source: endpoints/handlers/response.go (asTable); kubernetes.io, API concepts, "Resources as Tables"."""
    obj = api.given(sample("ConfigMap"))

    answer = api.send(verb, "ConfigMap", "web" if verb == "get" else "", params=included, accept="Table")

    tables = [table for _, table in pulled(answer)] if verb == "watch" else [answer.body]
    assert [row["object"] for table in tables for row in table["rows"]] == [expected(obj)]
    assert [row["cells"] for table in tables for row in table["rows"]] == [["web", 1, "0s"]]


@pytest.mark.parametrize("verb", ["get", "list", "watch"])
def test_a_row_cannot_hold_anything_else(api: ApiBench, verb: str) -> None:
    """Source: apimachinery/pkg/apis/meta/v1beta1/validation/validation.go (ValidateTableOptions)."""
    api.given(sample("ConfigMap"))

    answer = api.send(verb, "ConfigMap", "web", params={"includeObject": "All"}, accept="Table")

    text = "includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty"
    assert (answer.code, answer.body["message"]) == (400, f"Unable to convert to Table as requested: {text}")


@pytest.mark.parametrize("verb", ["get", "update", "delete"])
def test_an_object_can_be_answered_by_its_metadata(api: ApiBench, verb: str) -> None:
    """Source: endpoints/handlers/response.go (asPartialObjectMetadata)."""
    pod = api.given(sample("Pod", labels={"app": "web"}))

    answer = api.send(verb, "Pod", "web", body=pod if verb == "update" else None, accept=PARTIAL)

    assert list(answer.body) == ["kind", "apiVersion", "metadata"]
    assert (answer.body["kind"], answer.body["apiVersion"]) == (PARTIAL, "meta.k8s.io/v1")
    assert answer.body["metadata"]["uid"] == pod["metadata"]["uid"] and answer.body["metadata"]["labels"]


def test_a_new_object_can_be_answered_by_its_metadata(api: ApiBench) -> None:
    answer = api.send("create", "ConfigMap", body=sample("ConfigMap"), accept=PARTIAL)

    assert (answer.code, answer.body) == (201, metadata_only(api.client.get("ConfigMap", "web", "default")))


def test_a_list_can_be_of_metadata(api: ApiBench) -> None:
    """Source: endpoints/handlers/response.go (asPartialObjectMetadataList)."""
    api.given(*(sample("ConfigMap", name) for name in "abc"))
    listed = api.send("list", "ConfigMap", params={"limit": "2"}).body

    answer = api.send("list", "ConfigMap", params={"limit": "2"}, accept=PARTIAL_LIST).body

    assert list(answer.items()) == [
        ("kind", PARTIAL_LIST), ("apiVersion", "meta.k8s.io/v1"), ("metadata", listed["metadata"]),
        ("items", [metadata_only(obj) for obj in listed["items"]]),
    ]  # fmt: skip
    assert listed["metadata"]["remainingItemCount"] == 1


def test_a_watch_can_be_of_metadata(api: ApiBench) -> None:
    """Source: endpoints/handlers/response.go (watchEmbeddedEncoder): bookmarks too."""
    one = api.given(sample("ConfigMap"))
    params = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    answer = api.send("watch", "ConfigMap", params=params, accept=PARTIAL)

    marked = {"resourceVersion": str(api.revision), "annotations": {"k8s.io/initial-events-end": "true"}}
    assert pulled(answer) == [("ADDED", metadata_only(one)), ("BOOKMARK", metadata_only({"metadata": marked}))]


def test_the_bookmark_of_tables_is_a_table(api: ApiBench) -> None:
    """Source: endpoints/handlers/response.go (watchEmbeddedEncoder)."""
    params = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}

    ((type_, table),) = pulled(api.send("watch", "Pod", params=params, accept="Table"))

    (row,) = table["rows"]
    assert (type_, table["kind"], row["object"]["metadata"]["resourceVersion"]) == ("BOOKMARK", "Table",
                                                                                   str(api.revision))  # fmt: skip


@pytest.mark.parametrize("accept", ["Table", PARTIAL, PARTIAL_LIST])
@pytest.mark.parametrize(("verb", "name", "reason"), [("get", "ghost", "NotFound"), ("delete", "web", None)])
def test_a_status_stays_what_it_is(api: ApiBench, verb: str, name: str, reason: str | None, accept: str) -> None:
    """Source: endpoints/handlers/response.go (doTransformObject)."""
    api.given(sample("ConfigMap"))

    body = api.send(verb, "ConfigMap", name, accept=accept).body

    assert (body["kind"], body.get("reason")) == ("Status", reason)


def test_a_stream_that_begins_too_early_says_so_in_every_form(api: ApiBench) -> None:
    api.given(sample("ConfigMap"), sample("ConfigMap", "db"))
    api.api.compact(api.revision)

    answer = api.send("watch", "ConfigMap", params={"resourceVersion": "1"}, accept=PARTIAL)

    assert [(type_, obj["code"]) for type_, obj in pulled(answer)] == [("ERROR", 410)]


@pytest.mark.parametrize(
    ("verb", "accept", "message"),
    [
        ("list", PARTIAL, f"you requested {PARTIAL}, but the requested object is a list (*core.ConfigMapList)"),
        (
            "get",
            PARTIAL_LIST,
            f"you requested {PARTIAL_LIST}, but the requested object is not a list (*core.ConfigMap)",
        ),
    ],
)
def test_one_is_not_many(api: ApiBench, verb: str, accept: str, message: str) -> None:
    """Source: endpoints/handlers/response.go (newNotAcceptableError)."""
    api.given(sample("ConfigMap"))

    answer = api.send(verb, "ConfigMap", "web" if verb == "get" else "", accept=accept)

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (406, "NotAcceptable", message)


def test_custom_objects_have_these_forms_too(api: ApiBench) -> None:
    define(api)
    api.given(order("one", {"size": 1}, items=["a"]))
    place = ("orders", GROUP, "v1")

    one = api.request("get", *place, namespace="default", name="one", accept=PARTIAL).body
    listed = api.request("list", *place, namespace="default", accept=PARTIAL_LIST).body
    refused = api.request("list", *place, namespace="default", accept=PARTIAL).body

    assert one["metadata"]["name"] == "one" and "spec" not in one
    assert listed["items"] == [one]
    assert refused["message"].endswith("is a list (*unstructured.UnstructuredList)")


def test_a_log_has_only_its_own_form(api: ApiBench) -> None:
    api.given(sample("Pod"))

    plain = api.send("get", "Pod", "web", subresource="log")

    assert api.send("get", "Pod", "web", subresource="log", accept="Table") == plain
