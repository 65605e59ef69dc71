"""Messages are told one by one, each on the picture of how the cluster was when it was answered."""

from __future__ import annotations

from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import pod

from k8slab.kubeadm import Cluster
from k8slab.objects import Key
from k8slab.view import ClusterView
from k8slab.view.calls import Call
from k8slab.view.messages import Messages
from k8slab.view.messages.log import CallLog, answer_of, request_of
from k8slab.view.messages.telling import outcome, sentence
from k8slab.view.recorder import Change
from k8slab.view.words import Words

MASTERS = ["kubeadm:cluster-admins"]


class Scene:
    """A cluster in which a pod is made, and its messages."""

    def __init__(self, lang: str = "en", **options: Any) -> None:
        self.cluster = Cluster(1)
        self.reader = self.cluster.client_for("k8slab-view", groups=MASTERS)
        self.view = ClusterView(self.reader, lang)
        self.view.update()
        self.cluster.kubectl("run web --image=nginx:1.27")
        self.cluster.settle()
        self.messages = Messages(self.view, self.reader, lang, **options)

    def find(self, text: str) -> int:
        """The message that says this."""
        return next(index for index in range(len(self.messages)) if text in self.messages.sentence(index))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def call(verb: str = "patch", resource: str = "pods", name: str = "web-1", **more: Any) -> Call:
    return Call(
        1,
        0.0,
        more.get("who", "kubelet node-1"),
        verb,
        resource,
        more.get("subresource", ""),
        more.get("namespace", "default"),
        name,
        more.get("code", 200),
        5,
    )


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (call(subresource="status"), "PATCH pods/web-1/status"),
        (call("create", subresource="binding"), "POST pods/web-1/binding"),
        (call("update", "nodes", "node-1", namespace=""), "PUT nodes/node-1"),
        (call("delete", namespace="shop"), "DELETE pods/web-1 -n shop"),
        (call("deletecollection", name=""), "DELETE pods"),
        (call("list", name=""), "GET pods"),
        (call("watch", name=""), "GET pods?watch"),
        (call("get"), "GET pods/web-1"),
    ],
)
def test_a_request_is_told_as_http_tells_it(one: Call, text: str) -> None:
    """Source: docs/reference/using-api/api-concepts.md, "Resource URIs"; "API verbs" of authorization.md."""
    assert request_of(one) == text


@pytest.mark.parametrize(
    ("verb", "code", "text"),
    [
        ("get", 200, "200"),
        ("get", 404, "404 NotFound"),
        ("update", 409, "409 Conflict"),
        ("create", 409, "409 AlreadyExists"),
        ("create", 422, "422 Invalid"),
    ],
)
def test_an_answer_is_told_by_its_code_and_reason(verb: str, code: int, text: str) -> None:
    """Source: apimachinery/pkg/apis/meta/v1/types.go, StatusReason."""
    assert answer_of(call(verb, code=code)) == text


def test_a_message_is_one_sentence() -> None:
    before, after = pod("web-1", phase="Pending"), pod("web-1")
    change = Change("Pod", Key("default", "web-1"), before, after, 5, 0.0, "MODIFIED")

    told = sentence(call(subresource="status"), change, Words("en"))

    assert told.startswith(
        "kubelet node-1 → api-server: PATCH pods/web-1/status → 200 · status.phase Pending → Running"
    )


@pytest.mark.parametrize(("lang", "who"), [("en", "you"), ("ko", "나")])
def test_the_reader_is_spoken_to(lang: str, who: str) -> None:
    assert sentence(call("delete", who="you"), None, Words(lang)) == f"{who} → api-server: DELETE pods/web-1 → 200"


def test_an_event_is_told_by_its_reason() -> None:
    event = {"kind": "Event", "reason": "Pulled", "involvedObject": {"kind": "Pod", "name": "web-1"}}
    change = Change("Event", Key("default", "e"), None, event, 5, 0.0, "ADDED")

    assert outcome(change) == "Pulled Pod/web-1"


def test_messages_begin_after_what_was_seen(scene: Scene) -> None:
    assert scene.messages.sentence(0) == "you → api-server: POST pods/web → 201"


def test_what_happened_at_the_moment_of_the_picture_is_told_apart() -> None:
    """Virtual time stands between two cells: only the revisions tell what came before the picture."""
    scene = Scene()
    scene.view.update()
    scene.cluster.kubectl("label pod web a=b")

    later = Messages(scene.view, scene.reader, seen=scene.view.history.pictures[-1])

    assert [later.sentence(index) for index in range(len(later))] == [
        "you → api-server: PATCH pods/web → 200 · metadata.labels.a — → b"
    ]


def test_what_was_only_asked_after_the_picture_is_told_too() -> None:
    scene = Scene()
    scene.view.update()
    scene.cluster.kubectl("get pods")
    scene.cluster.kubectl("label pod web a=b")

    later = Messages(scene.view, scene.reader, seen=scene.view.history.pictures[-1], has_reads=True)

    assert later.sentence(0) == "you → api-server: GET pods → 200"


def test_heartbeats_are_no_messages_and_reads_when_wanted() -> None:
    scene = Scene(has_reads=True)
    scene.cluster.kubectl("get pods")
    scene.cluster.run("1m")
    scene.messages.pull()
    verbs = {one.verb for one in scene.messages.calls}

    assert "list" in verbs
    assert all(one.resource != "leases" for one in scene.messages.calls)
    assert not {one.verb for one in Scene().messages.calls} & {"get", "list", "watch"}


def test_new_messages_are_heard(scene: Scene) -> None:
    scene = Scene()
    before = len(scene.messages)
    was_news = scene.messages.pull()
    scene.cluster.kubectl("delete pod web --wait=false")

    assert not was_news and scene.messages.pull()
    assert "DELETE pods/web" in scene.messages.sentence(before)


def test_the_picture_is_that_of_the_message(scene: Scene) -> None:
    texts = {}
    for name in ("POST pods/web →", "binding", "Pending → Running"):
        scene.messages.index = scene.find(name)
        texts[name] = scene.messages.picture().scene.text

    assert [text.rpartition(": ")[2] for text in texts.values()] == ["1 waiting for a Node", "1 creating", "1 Ready"]


def test_an_arrow_goes_to_the_api_server_and_on_to_the_thing(scene: Scene) -> None:
    scene.messages.index = scene.find("binding")

    call_arrow, thing = scene.messages.arrows()

    assert (call_arrow.source, call_arrow.target, call_arrow.style) == ("scheduler", "api-server", "call")
    assert call_arrow.label == "POST pods/web/binding → 201"
    assert (thing.source, thing.target) == ("api-server", "Pod/default/web")
    assert scene.messages.html.count('data-part="arrow"') == 2


def test_an_event_points_at_what_it_is_about(scene: Scene) -> None:
    scene.messages.index = scene.find("Scheduled Pod/web")

    arrows = scene.messages.arrows()

    assert (arrows[0].label, arrows[1].target) == ("Event Scheduled Pod/web", "Pod/default/web")


def test_a_refused_message_is_crossed_out() -> None:
    scene = Scene()
    scene.cluster.kubectl("delete pod nobody")
    scene.messages.pull()
    scene.messages.index = len(scene.messages) - 1

    (arrow,) = scene.messages.arrows()

    assert arrow.style == "failed" and "404 NotFound" in scene.messages.sentence(scene.messages.index)


def test_the_text_marks_the_message_that_is_shown(scene: Scene) -> None:
    scene.messages.index = 1

    marked = [line for line in scene.messages.text.splitlines() if line.startswith("▶")]

    assert len(marked) == 1 and scene.messages.sentence(1) in marked[0]


def test_of_many_messages_those_around_it_are_listed(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    monkeypatch.setattr("k8slab.view.messages.messages.LISTED", 4)
    scene.messages.index = 6

    lines = scene.messages.text.splitlines()

    assert lines[1] == "… 4 earlier messages" and len(lines) == 6


def test_a_cluster_without_a_record_says_so(reader: FakeReader) -> None:
    reader.has_audit = False

    messages = Messages(ClusterView(reader, "en"), reader)  # type: ignore[arg-type]

    assert messages.text.startswith("this API keeps no record")
    assert "<svg" in messages.html


def test_before_anything_was_said_there_is_a_picture_without_arrows() -> None:
    scene = Scene()
    scene.view.update()

    messages = Messages(scene.view, scene.reader, seen=scene.view.history.pictures[-1])

    assert messages.text == "no message yet" and 'data-part="arrow"' not in messages.html


def test_without_a_kernel_there_is_a_picture_and_the_list(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")
    scene.messages.index = 0

    html = scene.messages._repr_mimebundle_()["text/html"]

    assert "<svg" not in html and "data:image/png" in html and 'alt="2 of 2 Nodes Ready' in html
    assert all(scene.messages.sentence(index).partition(" · ")[0] in html for index in range(len(scene.messages)))


def test_names_are_escaped() -> None:
    scene = Scene()
    scene.cluster.client_for("<b>", groups=MASTERS).delete("Pod", "web", "default")
    scene.messages.pull()
    scene.messages.index = scene.find("<b>")

    assert "<b>" in scene.messages.text and "<b>" not in scene.messages.html


def test_a_log_that_has_to_begin_anew_tells_nothing_twice(scene: Scene) -> None:
    log = CallLog(scene.reader)
    log.pull()
    before = list(log.calls)
    log._token = ""
    log.pull()

    assert log.calls == before


def test_what_the_pictures_ask_is_no_message(scene: Scene) -> None:
    log = CallLog(scene.reader)
    log.pull()

    assert "k8slab-view" not in {one.who for one in log.calls}
