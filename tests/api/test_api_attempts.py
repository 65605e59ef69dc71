"""The attempts of schedulers, as the API shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from api_bench import ApiBench, Obj

OWN = "slab.k8slab.dev"


class Record:
    """Three attempts, for two pods."""

    revision = 3

    def __init__(self) -> None:
        self.worded: list[str] = []

    def objects(self, namespace: str = "") -> Iterator[tuple[Obj, Callable[[], Obj]]]:
        """The second of them in another namespace; `worded` tells which were put into words."""
        for number, (where, pod, node) in enumerate([("default", "a", ""), ("shop", "b", "n"), ("default", "a", "n")]):
            if namespace in ("", where):
                head = self._head(number, where, pod, node)
                yield head, lambda head=head: self._whole(head)  # type: ignore[misc]

    def _head(self, number: int, where: str, pod: str, node: str) -> Obj:
        result = "Scheduled" if node else "Unschedulable"
        metadata = {"name": f"{pod}.{number}", "namespace": where, "labels": {"app": pod}}
        metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"  # type: ignore[assignment]
        spec, status = {"podName": pod, "schedulerName": "s"}, {"result": result, "nodeName": node, "message": "m"}
        head = {"apiVersion": f"{OWN}/v1", "kind": "SchedulingAttempt", "metadata": metadata}
        return {**head, "spec": spec, "status": status}

    def _whole(self, head: Obj) -> Obj:
        self.worded.append(head["metadata"]["name"])
        return head


@pytest.fixture
def told(api: ApiBench) -> ApiBench:
    """An API that somebody has given a record."""
    api.api.attempts.source = Record()
    return api


def names(api: ApiBench, namespace: str = "", **params: str) -> list[str]:
    """What a list answers."""
    items = api.request("list", "schedulingattempts", OWN, namespace=namespace, params=params).body["items"]
    return [item["metadata"]["name"] for item in items]


@pytest.mark.parametrize(
    ("namespace", "params", "found"),
    [
        ("", {}, ["a.0", "b.1", "a.2"]),
        ("default", {}, ["a.0", "a.2"]),
        ("empty", {}, []),
        ("", {"labelSelector": "app=b"}, ["b.1"]),
        ("default", {"fieldSelector": "spec.podName=a,status.result=Scheduled"}, ["a.2"]),
        ("", {"fieldSelector": "status.nodeName=n"}, ["b.1", "a.2"]),
        ("", {"fieldSelector": "metadata.name=a.0"}, ["a.0"]),
    ],
)
def test_attempts_are_searched_as_any_object(
    told: ApiBench, namespace: str, params: dict[str, str], found: list[str]
) -> None:
    assert names(told, namespace, **params) == found

    source: Any = told.api.attempts.source
    assert source.worded == found  # nobody else was put into words


@pytest.mark.parametrize(("namespace", "name", "code"), [("default", "a.0", 200), ("shop", "a.0", 404)])
def test_one_attempt_is_found_by_its_name(told: ApiBench, namespace: str, name: str, code: int) -> None:
    answer = told.request("get", "schedulingattempts", OWN, namespace=namespace, name=name)

    assert answer.code == code


def test_a_table_tells_how_it_ended(told: ApiBench) -> None:
    table = told.request("list", "schedulingattempts", OWN, accept="Table").body

    titles = [column["name"] for column in table["columnDefinitions"]]
    assert titles == ["Name", "Pod", "Result", "Node", "Age", "Scheduler", "Message"]
    assert table["rows"][0]["cells"] == ["a.0", "a", "Unschedulable", "<none>", "0s", "s", "m"]


def test_without_a_scheduler_there_are_none(api: ApiBench) -> None:
    assert names(api) == []


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection", "watch"])
def test_nobody_writes_them(told: ApiBench, verb: str) -> None:
    answer = told.request(verb, "schedulingattempts", OWN, namespace="default", name="a.0", body={})

    assert answer.code == 405
