"""The audit record: every call is in it, and no Secret is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj, sample

from k8slab.wire import Request

OWN = "slab.k8slab.dev"


def records(api: ApiBench, after: str = "") -> list[Obj]:
    answer = api.request("list", "auditrecords", OWN, params={"continue": after} if after else {})
    found: list[Obj] = answer.body["items"]
    return found


def newest(api: ApiBench) -> Obj:
    spec: Obj = records(api)[-1]["spec"]
    return spec


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_a_call_tells_who_did_what_to_which_and_how_it_went(api: ApiBench, kind: str) -> None:
    api.loop.run_until(api.loop.now + 1.5)
    api.given(sample(kind))

    served = SERVED[kind]
    place = {"group": served.group, "resource": served.plural, "namespace": "default" * served.is_namespaced}
    assert newest(api) == {
        "user": "alice",
        "verb": "create",
        **{name: text for name, text in place.items() if text},
        "name": "web",
        "time": "2026-01-01T00:00:01.500000Z",
        "code": 201,
    }


@pytest.mark.parametrize(
    ("verb", "name", "fields", "code"),
    [
        ("get", "web", {}, 200),
        ("get", "ghost", {}, 404),
        ("list", "", {}, 200),
        ("watch", "", {}, 200),
        ("update", "web", {"body": {"kind": "Widget"}}, 400),
        ("patch", "web", {"body": {}, "content_type": "text/plain"}, 415),
        ("patch", "web", {"body": {"immutable": 5}, "content_type": "application/merge-patch+json"}, 422),
        ("delete", "web", {}, 200),
        ("deletecollection", "", {}, 200),
        ("frobnicate", "", {}, 405),
    ],
)
def test_refused_calls_are_recorded_too(api: ApiBench, verb: str, name: str, fields: dict[str, Any], code: int) -> None:
    api.given(sample("ConfigMap"))
    count = len(records(api))

    api.send(verb, "ConfigMap", name, **fields)

    record = newest(api)
    assert len(records(api)) == count + 1
    assert (record["verb"], record.get("name", ""), record["code"], record["user"]) == (verb, name, code, "alice")


def test_a_subresource_is_named(api: ApiBench) -> None:
    pod = api.given(sample("Pod"))
    api.client.bind(pod, "node-1")

    record = newest(api)
    assert (record["resource"], record["subresource"], record["name"], record["code"]) == (
        "pods",
        "binding",
        "web",
        201,
    )


def test_a_made_up_name_is_recorded(api: ApiBench) -> None:
    obj = {**sample("ConfigMap"), "metadata": {"generateName": "web-", "namespace": "default"}}

    assert newest(api)["name"] == "default"
    created = api.client.create(obj)
    assert newest(api)["name"] == created["metadata"]["name"]


def test_a_write_is_recorded_with_its_revision(api: ApiBench) -> None:
    created = api.given(sample("ConfigMap"))
    api.client.get("ConfigMap", "web", "default")

    write, read = records(api)[-2:]
    assert write["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]
    assert "resourceVersion" not in read["metadata"]


def test_a_list_goes_on_where_the_last_one_ended(api: ApiBench) -> None:
    token = api.request("list", "auditrecords", OWN).body["metadata"]["continue"]
    api.given(sample("ConfigMap", "a"), sample("ConfigMap", "b"))

    assert [record["spec"]["name"] for record in records(api, token)] == ["a", "b"]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_make_the_whole_record(api: ApiBench, limit: int) -> None:
    api.given(*(sample("ConfigMap", name) for name in "abc"))
    read: list[Obj] = []
    token = "0"

    while page := api.request("list", "auditrecords", OWN, params={"limit": str(limit), "continue": token}).body:
        read += page["items"]
        token = page["metadata"]["continue"]
        if len(page["items"]) < limit:
            break

    assert read == records(api)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("spec.verb=delete", ["a"]),
        ("spec.resource=configmaps,spec.code=409", [""]),
        ("spec.user=bob", []),
        ("spec.name=b", ["b"]),
        ("metadata.name=call-1", ["default"]),
    ],
)
def test_the_record_is_searched_by_its_fields(api: ApiBench, selector: str, names: list[str]) -> None:
    api.given(sample("ConfigMap", "a"), sample("ConfigMap", "b"))
    api.send("create", "ConfigMap", body=sample("ConfigMap", "a"))
    api.client.delete("ConfigMap", "a", "default")

    found = api.request("list", "auditrecords", OWN, params={"fieldSelector": selector}).body["items"]

    assert [record["spec"].get("name", "") for record in found] == names


@pytest.mark.parametrize(("name", "code"), [("call-1", 200), ("call-99", 404)])
def test_one_call_is_found_by_its_name(api: ApiBench, name: str, code: int) -> None:
    answer = api.request("get", "auditrecords", OWN, name=name)

    assert answer.code == code
    assert answer.body["kind"] == ("AuditRecord" if code == 200 else "Status")


def test_a_table_tells_who_did_what(api: ApiBench) -> None:
    api.send("get", "Pod", "ghost", subresource="status")

    table = api.request("list", "auditrecords", OWN, accept="Table").body

    titles = [column["name"] for column in table["columnDefinitions"]]
    assert titles == ["Name", "User", "Verb", "Resource", "Object", "Code", "Age"]
    assert table["rows"][-1]["cells"][1:] == ["alice", "get", "pods/status", "default/ghost", 404, "0s"]


def test_reading_the_record_and_asking_around_is_not_recorded(api: ApiBench) -> None:
    count = len(records(api))
    for path in ("/api", "/apis", "/version", "/readyz"):
        api.api.handle(Request("get", path=path))

    assert len(records(api)) == count


def test_no_secret_is_in_the_record(api: ApiBench) -> None:
    """Source: kubernetes.io, "Auditing": bodies of Secrets are to be left out."""
    api.given(sample("Secret", data={"password": "aHVudGVyMg=="}, stringData={"token": "hunter3"}))
    api.patch("Secret", "web", {"stringData": {"password": "hunter4"}})
    api.client.update(sample("Secret", data={"password": "aHVudGVyNQ=="}))
    api.send("create", "Secret", body=sample("Secret", "bad name", stringData={"x": "hunter6"}))
    api.send("patch", "Secret", "web", body=[{"op": "test", "path": "/data/a", "value": "hunter7"}])

    text = json.dumps(records(api)) + repr(list(api.api.audit.entries))
    assert "hunter" not in text and "aHVudGVy" not in text and "password" not in text


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection", "watch"])
def test_nobody_writes_the_record(api: ApiBench, verb: str) -> None:
    answer = api.request(verb, "auditrecords", OWN, name="call-1", body={})

    assert answer.code == 405
    assert records(api)[0]["metadata"]["name"] == "call-1"
