"""The rows of a table that is asked for again: the server makes them once, and they are right all the same."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, Obj, sample
from custom_bench import KEEPS_ALL, NAME, define_spec, order, root, send, settle, version

from k8slab.api import tables
from k8slab.api.tables import Tables


def rows(api: ApiBench, kind: str = "Pod") -> list[list[Any]]:
    return [row["cells"] for row in api.client.table(kind, "default")["rows"]]


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_a_row_that_is_shown_again_is_what_it_would_be_if_it_were_new(api: ApiBench, kind: str) -> None:
    api.given(sample(kind))
    body, shown = api.send("list", kind).body, Tables()
    first = shown.of(SERVED[kind], body, "", api.loop.now)

    for later in (5, 90, 7200):
        again = shown.of(SERVED[kind], body, "", api.loop.now + later)

        assert again == Tables().of(SERVED[kind], body, "", api.loop.now + later)
    assert first == Tables().of(SERVED[kind], body, "", api.loop.now)


def test_ages_and_the_time_since_a_restart_go_on(api: ApiBench) -> None:
    """Source: printers.go, printPod."""
    ended = {"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:00:30Z"}}
    main = {"name": "main", "image": "nginx", "imageID": "", "ready": True, "state": {"running": {}}}
    status = {"phase": "Running", "qosClass": "BestEffort"}
    pod = api.given(sample("Pod"))
    statuses = [{**main, "restartCount": 2, "lastState": ended}]
    api.client.update_status({**pod, "status": {**status, "containerStatuses": statuses}})

    shown = []
    for moment in (60, 90, 600):
        api.loop.run_until(api.loop.start_s + moment)
        shown.append(rows(api)[0][3:5])

    assert shown == [["2 (30s ago)", "60s"], ["2 (60s ago)", "90s"], ["2 (9m30s ago)", "10m"]]


def test_a_job_lasts_longer_and_an_event_lies_further_back(api: ApiBench) -> None:
    """Source: printers.go, printJob, printEvent."""
    job = api.given(sample("Job"))
    api.client.update_status({**job, "status": {"startTime": "2026-01-01T00:00:00Z"}})
    times = {"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:10Z"}
    api.given(sample("Event", count=3, **times))

    shown = []
    for moment in (20, 80):
        api.loop.run_until(api.loop.start_s + moment)
        shown.append((rows(api, "Job")[0][3], rows(api, "Event")[0][0]))

    assert shown == [("20s", "10s (x3 over 20s)"), ("80s", "70s (x3 over 80s)")]


def test_what_has_changed_is_shown_anew_and_nothing_else(api: ApiBench) -> None:
    api.given(sample("ConfigMap", "a"), sample("ConfigMap", "b"))
    before = api.send("list", "ConfigMap", accept="Table").body["rows"]

    api.patch("ConfigMap", "b", {"data": {"x": "1", "y": "2", "z": "3"}, "metadata": {"labels": {"new": "yes"}}})
    after = api.send("list", "ConfigMap", accept="Table").body["rows"]

    assert [row["cells"][:2] for row in after] == [["a", 1], ["b", 4]]
    assert after[0]["object"] is before[0]["object"]
    assert after[1]["object"]["metadata"]["labels"] == {"new": "yes"}


def test_who_is_made_anew_under_its_name_has_a_row_of_its_own(api: ApiBench) -> None:
    api.given(sample("ConfigMap"))
    rows(api, "ConfigMap")
    api.client.delete("ConfigMap", "web", "default")
    api.loop.run_until(api.loop.now + 60)
    api.given(sample("ConfigMap", data={}))

    assert rows(api, "ConfigMap") == [["web", 0, "0s"]]


def test_each_asks_for_what_its_rows_hold(api: ApiBench) -> None:
    """Source: kubernetes.io, API concepts, "Receiving resources as Tables"."""
    created = api.given(sample("ConfigMap"))
    held = {}

    for included in ("None", "Object", "Metadata"):
        (row,) = api.send("list", "ConfigMap", params={"includeObject": included}, accept="Table").body["rows"]
        held[included] = row["object"]

    metadata = {name: value for name, value in created["metadata"].items() if name != "managedFields"}
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    assert held == {"None": None, "Object": created, "Metadata": partial}


def test_columns_that_are_defined_anew_are_filled_anew(api: ApiBench) -> None:
    def columns(path: str) -> list[Obj]:
        return [{"name": "Cell", "type": "string", "jsonPath": path}]

    define_spec(api, KEEPS_ALL, additionalPrinterColumns=columns(".spec.a"))
    api.client.create(order(spec={"a": "one", "b": "two"}))
    send(api, "list", accept="Table")
    new = version(schema=root(KEEPS_ALL), additionalPrinterColumns=columns(".spec.b"))
    api.client.patch("CustomResourceDefinition", NAME, "", {"spec": {"versions": [new]}}, type="merge")
    settle(api)

    table = send(api, "list", accept="Table").body

    assert [row["cells"] for row in table["rows"]] == [["one", "two"]]


def test_only_so_many_rows_are_remembered(api: ApiBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "KEPT", 2)
    api.given(*(sample("ConfigMap", name) for name in "abc"))
    body, shown = api.send("list", "ConfigMap").body, Tables()

    for _ in range(2):
        table = shown.of(SERVED["ConfigMap"], body, "", api.loop.now)
        assert [row["cells"] for row in table["rows"]] == [["a", 1, "0s"], ["b", 1, "0s"], ["c", 1, "0s"]]

    assert len(shown._rows) == 2
