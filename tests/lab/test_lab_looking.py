"""What a lab tells of the past of an object, of a decision, of conversations and of a request."""

from __future__ import annotations

import pytest
from notebook_shell import Session

from k8slab.lab import Lab


@pytest.fixture(scope="module")
def lab() -> Lab:
    made = Lab(2, lang="ko")
    made.kubectl("create deployment web --image=nginx")
    made.settle()
    made.kubectl("expose deployment web --port=80")
    made.settle()
    return made


def test_the_lab_asks_in_its_own_language(lab: Lab) -> None:
    assert "존재 이유" in lab.why("pod/web").sentence
    assert "가중치" in lab.scheduling("web").html
    assert "모두 api-server를 거침" in lab.talks().title
    assert "응답 200" in lab.path("http://web/").sentence


def test_an_answer_that_is_at_hand_is_not_asked_for_again(lab: Lab) -> None:
    answer = lab.request("http://web/", "node-1")
    before = lab.cluster.journal.inputs[-1]

    told = lab.path(answer, source="node-1")

    assert lab.cluster.journal.inputs[-1] == before
    assert told.stations[-1].end_s == answer.took_s


def test_the_way_is_drawn_on_the_graph_of_now(lab: Lab) -> None:
    pod = lab.client.list("Pod", "default")[0]["metadata"]["name"]

    told = lab.path("http://web/", f"pod/{pod}")

    assert told.scene is not None and told.scene.anchor(f"Pod/default/{pod}") is not None
    assert told.html.count("<svg") == 2


def test_to_look_touches_nothing(lab: Lab) -> None:
    lab.picture()

    lab.why("node/node-1"), lab.scheduling("web"), lab.talks("verbs")

    assert not lab.is_touched


def test_a_fork_of_the_past_tells_what_was_known_then(lab: Lab) -> None:
    moment = lab.now
    lab.run("30s")
    lab.kubectl("scale deployment web --replicas=0")
    lab.settle()

    past = lab.fork(moment)

    assert past.why("deploy/web").chain.steps[-1].when <= moment < lab.why("deploy/web").chain.steps[-1].when


def test_a_cell_shows_the_view_and_its_words(session: Session) -> None:
    (shown,) = session.run("display(lab.why('node/node-1'))").shown

    assert shown["text/plain"].startswith("Node node-1 exists because kubelet node-1 created Node node-1")
    assert "<table" in shown["text/html"]


def test_an_attempt_that_there_was_not_is_a_mistake_in_one_line(session: Session) -> None:
    session.run("lab.kubectl('run me --image=nginx')")

    (mistake,) = session.run("lab.scheduling('me', attempt=9)").mistakes

    assert "there is no attempt 9 for pod me" in mistake
