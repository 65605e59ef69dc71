"""Who talks to whom, counted from the audit record, and what is said where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from k8slab.client import ObjectList, Reader
from k8slab.kubeadm import Cluster
from k8slab.view.calls import Call
from k8slab.view.talks import talks
from k8slab.view.talks.counting import MOST_COLUMNS, REST, WAYS, bypass_of, matrix_of, reverse_calls
from k8slab.view.talks.words import TEXTS
from k8slab.wire import Forbidden, NotFound, ServiceUnavailable


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    made = Cluster(nodes=2)
    made.kubectl("create deployment web --image=nginx --replicas=2")
    made.settle()
    made.kubectl("logs deployment/web")
    yield made


def test_every_call_on_record_is_counted_once(cluster: Cluster) -> None:
    for way in ("resources", "verbs"):
        matrix = talks(cluster.client, way).matrix

        assert matrix is not None
        entries = len(cluster.api.audit.entries)
        assert sum(matrix.counts.values()) == matrix.n == sum(matrix.totals.values()) == entries


def test_bindings_of_the_scheduler_concern_the_kubelets(cluster: Cluster) -> None:
    matrix = talks(cluster.client).matrix

    assert matrix is not None
    assert matrix.counts["scheduler", "kubelets"] >= 4
    assert matrix.counts["kubelets", "scheduler"] > 0
    assert ("scheduler", "scheduler") not in matrix.counts


def test_nothing_bypasses_the_api_server_and_the_calls_back_are_named(cluster: Cluster) -> None:
    told = talks(cluster.client)

    assert told.bypass_share == 0.0
    assert "Conversations that bypass the api-server: 0 %" in told.text
    assert "The api-server itself called a kubelet once" in told.text


def call(who: str, verb: str, resource: str, revision: int = 0, subresource: str = "", number: int = 1) -> Call:
    return Call(number, 100.0 + number, who, verb, resource, subresource, "default", "x", 200, revision)


def test_a_component_that_acts_without_having_read_is_a_conversation_that_bypassed() -> None:
    known = [call("scheduler", "watch", "pods"), call("scheduler", "create", "pods", 5)]
    calls = [*known, call("ghost", "update", "pods", 6)]

    bypass = bypass_of(calls, calls, is_whole=True)

    assert (bypass.writes, bypass.unread, bypass.names, bypass.share) == (2, 1, ("ghost",), 0.5)


def test_a_record_that_begins_late_gives_no_share() -> None:
    calls = [call("kubelet node-1", "update", "leases", 6)]

    assert not bypass_of(calls, calls, is_whole=False).is_known


def test_persons_and_the_server_s_own_writes_are_no_conversation_of_components() -> None:
    calls = [call("you", "create", "pods", 5), call("api-server", "create", "namespaces", 6)]

    assert bypass_of(calls, calls, is_whole=True).writes == 0


def test_controllers_count_as_their_manager_and_kubelets_as_one() -> None:
    calls = [
        call("replicaset-controller", "create", "pods", 5),
        call("generic-garbage-collector", "delete", "pods", 6),
        call("kubelet node-1", "list", "pods"),
        call("kubelet node-2", "list", "pods"),
    ]

    matrix = matrix_of(calls, "verbs", calls)

    assert matrix.totals == {"controller-manager": 2, "kubelets": 2} and matrix.kubelets == 2


def test_the_fullest_columns_are_shown_and_the_others_are_one() -> None:
    calls = [call("you", "get", f"kind-{n}") for n in range(30) for _ in range(n + 1)]

    matrix = matrix_of(calls, "resources", calls)

    assert len(matrix.columns) == MOST_COLUMNS and matrix.columns[-1] == REST
    assert sum(matrix.counts.values()) == len(calls)


@pytest.mark.parametrize("subresource", ["log", "exec", "attach", "portforward"])
def test_the_api_server_calls_a_kubelet_for_these(subresource: str) -> None:
    """Source: kubernetes.io, "Communication between Nodes and the Control Plane", "API server to kubelet"."""
    assert reverse_calls([call("you", "get", "pods", 0, subresource), call("you", "get", "pods")]) == 1


def test_a_stretch_of_time_leaves_older_calls_out(cluster: Cluster) -> None:
    whole, nothing = talks(cluster.client, "verbs"), talks(cluster.client, "verbs", cluster.now + 1)

    assert whole.matrix is not None and nothing.matrix is None
    assert nothing.text.startswith("No call is on record since 2026-01-01")


@pytest.mark.parametrize(
    ("by", "since", "text"), [("mood", 0.0, '"mood" is no way to count'), ("verbs", "soon", '"soon" is no stretch')]
)
def test_other_words_are_refused(cluster: Cluster, by: str, since: str | float, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        talks(cluster.client, by, since)


class Plain:
    """Another cluster: everything but the slab's own group."""

    def __init__(self, reader: Reader, error: Exception) -> None:
        self._reader, self._error = reader, error

    @property
    def now(self) -> float:
        return self._reader.now

    def list(self, kind: str, *args: Any, **options: Any) -> ObjectList:
        if kind.endswith("slab.k8slab.dev"):
            raise self._error
        return self._reader.list(kind, *args, **options)


@pytest.mark.parametrize("error", [NotFound("no such resource"), Forbidden("not for you")])
def test_without_a_record_managed_fields_tell_who_has_written_what(cluster: Cluster, error: Exception) -> None:
    told = talks(Plain(cluster.client, error))  # type: ignore[arg-type]

    assert told.matrix is not None and told.bypass_share is None
    assert told.matrix.counts["kubelets", "Pod"] >= 4
    assert "keeps no audit record" in told.text


def test_a_server_that_does_not_answer_gets_a_line(cluster: Cluster) -> None:
    told = talks(Plain(cluster.client, ServiceUnavailable("down")))  # type: ignore[arg-type]

    assert told.text == "The API server does not answer, so there is nothing to tell: down"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_text_and_table_tell_the_same_numbers(cluster: Cluster, way: str, lang: str) -> None:
    told = talks(cluster.client, way, lang=lang)

    assert told.matrix is not None
    cells = re.findall(r"<td[^>]*>(?:<strong>)?([\d,]+)(?:</strong>)?</td>", told.html)
    lines = told.text.splitlines()[2 : 2 + len(told.matrix.rows)]
    assert [number for line in lines for number in re.findall(r"(?<=  )[\d,]+", line)] == cells


def test_both_languages_have_the_same_texts_about_conversations() -> None:
    """A text for exactly one (`.one`) is English grammar alone."""

    def blanks(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert {key for key in TEXTS["en"] if not key.endswith(".one")} == TEXTS["ko"].keys()
    assert all(blanks(TEXTS["en"][key]) == blanks(TEXTS["ko"][key]) for key in TEXTS["ko"])
