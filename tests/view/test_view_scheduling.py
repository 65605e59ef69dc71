"""The scheduler's matrix as a heat map: what is in it, what folds, and what is said where no attempt is on record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from k8slab.client import ObjectList, Reader
from k8slab.kubeadm import Cluster
from k8slab.view.scheduling import Scheduling, scheduling
from k8slab.view.scheduling.attempts import Attempt, Score, Verdict
from k8slab.view.scheduling.matrix import MOST_LINES, matrix_of
from k8slab.view.scheduling.words import TEXTS, words
from k8slab.wire import Forbidden, NotFound, ServiceUnavailable

Obj = dict[str, Any]


def pod(name: str, cpu: str = "100m", priority_class: str = "", **spec: Any) -> Obj:
    containers = [{"name": "c", "image": "nginx", "resources": {"requests": {"cpu": cpu}}}]
    more = {"priorityClassName": priority_class} if priority_class else {}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers, **more, **spec}}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three workers full of big pods, one pod too many, and an important one that makes room."""
    made = Cluster(nodes=3)
    urgent = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 9}
    made.apply([urgent, pod("small")])
    made.settle()
    made.apply([pod(f"big-{n}", "3500m") for n in range(4)])
    made.settle()
    made.apply(pod("vip", "3500m", "high"))
    made.run("1m")
    yield made


def test_each_score_stands_raw_normalised_and_weighted_beside_its_total(cluster: Cluster) -> None:
    told = scheduling(cluster.client, "small")

    attempt = told.attempt
    assert attempt is not None and attempt.node in told.text.splitlines()[0]
    for verdict in (one for one in attempt.verdicts if one.fits):
        assert sum(score.weighted for score in verdict.scores.values()) == verdict.total
        assert f"<strong>{verdict.total}</strong>" in told.html
    assert attempt.weights["TaintToleration"] == 3  # pkg/scheduler/apis/config/v1/default_plugins.go


def test_a_filtered_node_has_its_plugin_and_its_reason(cluster: Cluster) -> None:
    told = scheduling(cluster.client, "small")

    line = "✕ control-plane: TaintToleration: node(s) had untolerated taint(s) (removing Pods would not help)"
    assert line in told.text.splitlines()
    assert "<strong>TaintToleration</strong>: node(s) had untolerated taint(s)" in told.html


def test_the_latest_attempt_is_shown_and_the_others_are_a_click_away(cluster: Cluster) -> None:
    told = scheduling(cluster.client, "vip")

    assert (told.at, len(told.attempts)) == (2, 2)
    assert "nominated by preemption" in told.text.splitlines()[0]
    assert told.html.count("<details") == 1


@pytest.mark.parametrize(("asked", "at"), [(1, 1), (2, 2), (-1, 2), (-2, 1), (0, 2)])
def test_any_attempt_can_be_chosen(cluster: Cluster, asked: int, at: int) -> None:
    assert scheduling(cluster.client, "vip", attempt=asked).at == at


def test_an_attempt_that_there_was_not_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match="there is no attempt 3 for pod vip; there are 2"):
        scheduling(cluster.client, "vip", attempt=3)


def test_preemption_says_whom_it_weighed_and_whom_it_chose(cluster: Cluster) -> None:
    told = scheduling(cluster.client, "vip", attempt=1)

    assert told.attempt is not None and told.attempt.preemption is not None
    victims = {one.node: one.victims for one in told.attempt.preemption.candidates}
    chosen = told.attempt.preemption.node
    assert len(victims) == 3 and all(name.startswith("default/big-") for (name,) in victims.values())
    assert f"★ {chosen}: would have to go {victims[chosen][0]}; highest priority 0" in told.text


@pytest.mark.parametrize(("name", "found"), [("pod/small", "small"), ("default/small", "small"), ("big", "big-")])
def test_a_pod_has_several_names(cluster: Cluster, name: str, found: str) -> None:
    assert scheduling(cluster.client, name).pod.startswith(found)


def test_the_korean_picture_keeps_the_words_of_kubernetes(cluster: Cluster) -> None:
    told = scheduling(cluster.client, "small", lang="ko")

    assert "필터에서 제외" in told.html and "TaintToleration" in told.html and "가중치 3" in told.html


def test_html_and_text_are_given_to_ipython(cluster: Cluster) -> None:
    told = scheduling(cluster.client, "small")

    assert told._repr_mimebundle_() == {"text/plain": told.text, "text/html": told.html}


def attempt_of(*verdicts: Verdict, node: str = "") -> Attempt:
    weights = {plugin: 1 for verdict in verdicts for plugin in verdict.scores}
    return Attempt("web", 0.0, "", "Scheduled" if node else "Unschedulable", node, "", verdicts, weights)


def scored(name: str, points: int) -> Verdict:
    return Verdict(name, {"NodeResourcesFit": Score(points, points, points)}, points)


def test_equal_nodes_share_a_line_where_there_are_many_but_the_chosen_one_stands_alone() -> None:
    refused = [Verdict(f"full-{n}", {}, None, "NodeResourcesFit", ("Insufficient cpu",), True) for n in range(40)]

    matrix = matrix_of(attempt_of(*(scored(f"node-{n}", 90) for n in range(60)), *refused, node="node-7"))

    assert [(len(line.nodes), line.is_chosen) for line in matrix.fits] == [(1, True), (59, False)]
    assert [len(line.nodes) for line in matrix.refused] == [40]
    assert (matrix.looked, matrix.passed, matrix.ties) == (100, 60, 60)


def test_a_few_nodes_have_a_line_each() -> None:
    assert len(matrix_of(attempt_of(*(scored(f"node-{n}", 90) for n in range(3)), node="node-1")).fits) == 3


def test_nodes_far_down_are_counted_but_never_the_chosen_one() -> None:
    matrix = matrix_of(attempt_of(*(scored(f"node-{n}", n) for n in range(100)), node="node-0"))

    assert len(matrix.fits) == MOST_LINES + 1 and matrix.fits[-1].is_chosen
    assert (len(matrix.rest), min(matrix.rest), max(matrix.rest)) == (79, 1, 79)


def test_names_from_the_cluster_are_escaped() -> None:
    verdict = Verdict("<b>", {}, None, "X", ("<script>",))
    told = Scheduling("web", (attempt_of(verdict),), 1, (), words("en"))

    assert "<script>" not in told.html and "&lt;script&gt;" in told.html


class PlainApi:
    """A reader of another cluster: one pod, its Event, no attempts."""

    def __init__(self, error: Exception, bound_to: str = "") -> None:
        self._error = error
        self._pod = pod("web", **({"nodeName": bound_to} if bound_to else {}))
        self._pod["status"] = {"conditions": [{"type": "PodScheduled", "status": "False"}]}

    def get(self, kind: str, name: str, namespace: str = "") -> Obj:
        if name != "web":
            raise NotFound(f'pods "{name}" not found')
        return self._pod

    def list(self, kind: str, namespace: str = "", *, fields: str = "") -> ObjectList:
        if kind != "Event":
            raise self._error
        event = {
            "reason": "FailedScheduling",
            "type": "Warning",
            "message": "0/3 nodes are available: 3 Insufficient cpu.",
        }
        return ObjectList([{"metadata": {}, "lastTimestamp": "2026-01-01T00:00:07Z", **event}], {})


def plain(error: Exception, name: str = "web", bound_to: str = "") -> list[str]:
    reader: Reader = PlainApi(error, bound_to)  # type: ignore[assignment]
    return scheduling(reader, name).text.splitlines()


def test_without_attempts_the_pod_and_its_events_tell_and_it_is_said() -> None:
    lines = plain(NotFound("no such resource"))

    assert lines[0] == "Pod web has no Node."
    assert "serves no SchedulingAttempts" in lines[1]
    assert lines[2] == "00:00:07 Warning FailedScheduling: 0/3 nodes are available: 3 Insufficient cpu."


@pytest.mark.parametrize(
    ("error", "name", "node", "first"),
    [
        (NotFound("x"), "web", "node-1", "Pod web is on node-1."),
        (NotFound("x"), "gone", "", "There is no Pod gone."),
        (Forbidden("not for you"), "web", "", "Pod web has no Node."),
        (ServiceUnavailable("down"), "web", "", "The API server does not answer, so there is nothing to show: down"),
    ],
)
def test_an_api_that_tells_less_gets_a_poorer_answer_and_no_exception(
    error: Exception, name: str, node: str, first: str
) -> None:
    assert plain(error, name, node)[0] == first


def test_both_languages_have_the_same_texts_about_scheduling() -> None:
    def blanks(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert TEXTS["en"].keys() == TEXTS["ko"].keys()
    assert all(blanks(TEXTS["en"][key]) == blanks(TEXTS["ko"][key]) for key in TEXTS["en"])
