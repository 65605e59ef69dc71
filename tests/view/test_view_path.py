"""The path of a request: its stations, its failures where they happen, and its arrows on the graph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from k8slab.kubeadm import Cluster
from k8slab.view import ClusterView
from k8slab.view.overlay import Arrow
from k8slab.view.path import RequestPath, path
from k8slab.view.path.stations import time_text
from k8slab.view.path.words import TEXTS
from k8slab.wire import ServiceUnavailable

Obj = dict[str, Any]


class Hop(NamedTuple):
    stage: str
    node: str
    text: str
    at_s: float
    zone: str = ""
    size_bytes: int = 0


class Told(NamedTuple):
    """What another program could tell of a request."""

    status: int = 200
    error: str = ""
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.008
    body: str = "hello\nworld"
    pod: str = "default/web-1"


NAME = Hop("dns", "kube-system/coredns-1", "web.default.svc.cluster.local is 10.96.0.9", 0.001, "zone-a", 110)
RULE = Hop("rule", "node-1", "default/web at 10.96.0.9:80 -> 10.244.2.3:80 (one of 4 endpoints)", 0.001, "zone-a")
ENDPOINT = Hop("endpoint", "node-2", "default/web-1 at 10.244.2.3:80", 0.003, "zone-b", 595)
WAY = (NAME, RULE, ENDPOINT)


def of(told: Told, source: str = "pod/me", lang: str = "en") -> RequestPath:
    return path(told, "http://web/", source, lang=lang)


def test_a_way_has_a_station_per_hop_and_the_client_at_both_ends() -> None:
    told = of(Told(hops=WAY))

    assert [one.stage for one in told.stations] == ["start", "dns", "rule", "endpoint", "handler", "end"]
    assert [one.state for one in told.stations] == ["start", "ok", "ok", "ok", "ok", "end"]
    assert told.sentence == "http://web/ from Pod default/me: 200 from default/web-1 after 8.0 ms."


def test_every_station_begins_where_the_one_before_has_ended() -> None:
    stations = of(Told(hops=WAY)).stations

    assert all(a.end_s == b.begin_s for a, b in pairwise(stations[:-1]))
    assert stations[-1].end_s == 0.008


def test_a_rule_says_how_likely_its_choice_was() -> None:
    (rule,) = (one for one in of(Told(hops=WAY)).stations if one.stage == "rule")

    assert rule.title == "virtual IP 10.96.0.9:80 of default/web → 10.244.2.3:80"
    assert rule.details[:2] == ("rule in the kernel of node-1", "1 of 4 endpoints, each 25 %")


def test_a_node_port_is_no_virtual_ip() -> None:
    rule = RULE._replace(text="default/web at 192.168.0.11:30233 -> 10.244.2.3:80 (one of 4 endpoints)")

    assert "node port 192.168.0.11:30233 of default/web → 10.244.2.3:80" in of(Told(hops=(rule,))).text


@pytest.mark.parametrize(
    ("among", "said"), [("its only endpoint", "the only one"), ("as before", "the same as before (session affinity)")]
)
def test_other_choices_have_their_words(among: str, said: str) -> None:
    rule = RULE._replace(text=f"default/web at 10.96.0.9:80 -> 10.244.2.3:80 ({among})")

    assert said in of(Told(hops=(rule,))).text


def test_a_hop_into_another_zone_says_so_and_bytes_are_told() -> None:
    (endpoint,) = (one for one in of(Told(hops=WAY)).stations if one.stage == "endpoint")

    assert endpoint.details == ("node-2", "595 B", "zone-a → zone-b, crosses zones")


CURL = "curl: ({}) x"


@pytest.mark.parametrize(
    ("told", "failed", "why"),
    [
        (Told(0, CURL.format(6), (Hop("dns", "d", "web: NXDOMAIN", 0.1),)), "end", "no such host"),
        (Told(0, CURL.format(7), (NAME, Hop("rule", "n", "default/web at 10.96.0.9:80 has no endpoints: REJECT", 1))),
         "rule", "connection refused"),
        (Told(0, CURL.format(7), (NAME, RULE, Hop("endpoint", "", "10.244.2.3:80 refuses the connection", 1))),
         "endpoint", "connection refused"),
        (Told(0, CURL.format(28), (NAME, RULE, Hop("endpoint", "", "10.244.2.3:80 does not answer", 5))),
         "endpoint", "timeout"),
        (Told(0, CURL.format(28), (NAME, RULE, Hop("policy", "node-2", "deny: DROP", 0.1))),
         "policy", "dropped by a network policy"),
        (Told(0, "curl: (6) Could not resolve host: web (no DNS pod answers)",
              (Hop("endpoint", "", "10.244.3.2:53 does not answer", 5.0),)), "endpoint", "no name server answers"),
        (Told(0, CURL.format(52), WAY), "handler", "the process ended without a word"),
        (Told(0, CURL.format(56), WAY), "handler", "connection reset"),
        (Told(503, "", WAY), "handler", "the server says it failed"),
        (Told(404, "", WAY), "end", "the server says the request is wrong"),
    ],
)  # fmt: skip
def test_a_failure_stands_where_it_happens(told: Told, failed: str, why: str) -> None:
    """Source: everything.curl.dev, "Exit status"; RFC 9110, 15.5 and 15.6."""
    found = of(told)

    assert next(one.stage for one in found.stations if one.state == "failed") == failed
    assert found.sentence.endswith(f": {why}.")


def test_the_client_waits_at_what_does_not_answer() -> None:
    dropped = Told(0, CURL.format(28), (NAME, RULE, Hop("policy", "node-2", "deny: DROP", 0.001)), took_s=5.001)

    (policy,) = (one for one in of(dropped).stations if one.stage == "policy")

    assert (policy.begin_s, policy.end_s) == (0.001, 5.001)


def test_many_names_that_do_not_exist_are_one_station() -> None:
    misses = tuple(Hop("dns", "kube-system/coredns-1", f"x.{n}: NXDOMAIN", n / 100) for n in range(1, 7))

    stations = of(Told(0, CURL.format(6), misses)).stations

    assert [one.stage for one in stations] == ["start", "dns", "end"]
    assert stations[1].title.startswith("6 names") and stations[1].end_s == 0.06


def test_what_a_handler_asks_others_is_set_in() -> None:
    again = tuple(hop._replace(at_s=hop.at_s + 0.003) for hop in WAY)

    told = of(Told(hops=(*WAY, *again)))

    assert [one.depth for one in told.stations] == [0, 0, 0, 0, 1, 1, 1, 0, 0]
    assert "has asked others meanwhile" in told.text


def test_a_text_in_another_form_is_shown_as_it_is() -> None:
    told = of(Told(hops=(Hop("tunnel", "node-1", "<vxlan> 7", 0.001),)))

    assert "tunnel: <vxlan> 7" in told.text
    assert "<vxlan>" not in told.html and "&lt;vxlan&gt;" in told.html


def test_arrows_go_from_the_client_by_the_service_to_the_pod_and_back() -> None:
    assert of(Told(hops=WAY)).arrows == (
        Arrow("Pod/default/me", "Pod/kube-system/coredns-1", "DNS, 1.0 ms", "call"),
        Arrow("Pod/default/me", "Service/default/web", "", "packet"),
        Arrow("Service/default/web", "Pod/default/web-1", "2.0 ms", "packet"),
        Arrow("Pod/default/web-1", "Pod/default/me", "200, 8.0 ms", "answer"),
    )


def test_a_refusal_is_an_arrow_that_does_not_arrive() -> None:
    refused = Hop("rule", "node-1", "default/web at 10.96.0.9:80 has no endpoints: REJECT", 0.002)

    assert of(Told(0, CURL.format(7), (refused,))).arrows == (
        Arrow("Pod/default/me", "Service/default/web", "REJECT", "failed"),
    )


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("outside", "a client outside the cluster"),
        ("203.0.113.7", "203.0.113.7"),
        ("node-1", "node-1"),
        ("", "a client"),
    ],
)
def test_clients_have_names(source: str, name: str) -> None:
    assert of(Told(hops=WAY), source).stations[0].title == f"{name} sends a request for http://web/"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 ms"), (0.0001, "0.10 ms"), (0.0051, "5.1 ms"), (0.12, "120 ms"), (5.002, "5.00 s")]
)
def test_times_are_short(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_static_form_is_an_image_that_tells_the_same(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")

    told = of(Told(hops=WAY), lang=lang)

    assert "<svg" not in told.html and 'src="data:image/png;base64,' in told.html
    assert "10.244.2.3:80" in told.html.partition('src="')[0]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    made = Cluster(nodes=3)
    made.kubectl("create deployment web --image=nginx --replicas=3")
    made.kubectl("run me --image=nginx")
    made.settle()
    made.kubectl("expose deployment web --port=80")
    made.settle()
    yield made


def test_a_real_answer_is_understood_in_every_stage(cluster: Cluster) -> None:
    answer = cluster.request("http://web/", "pod/me")

    told = path(answer, "http://web/", "pod/me", reader=cluster.client)

    assert [one.stage for one in told.stations] == ["start", "dns", "rule", "endpoint", "handler", "end"]
    assert re.search(r"1 of 3 endpoints, each 33.3 %", told.text)
    assert re.search(r"sends a request for http://web/ · node-\d · zone-[abc]", told.text)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_way_is_drawn_on_the_graph(cluster: Cluster, lang: str) -> None:
    scene = ClusterView(cluster.client, lang).update().scene
    answer = cluster.request("http://web/", "pod/me")

    told = path(answer, "http://web/", "pod/me", lang=lang, reader=cluster.client, scene=scene)

    assert told.html.count("<svg") == 2
    assert all(scene.anchor(one.source) and scene.anchor(one.target) for one in told.arrows)


def test_a_drop_is_drawn_at_the_pod_it_was_meant_for(cluster: Cluster) -> None:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": spec}
    cluster.apply(policy | {"metadata": {"name": "deny", "namespace": "default"}})
    cluster.settle()
    answer = cluster.request("http://web/", "pod/me")
    cluster.kubectl("delete networkpolicy deny")

    arrows = path(answer, "http://web/", "pod/me", reader=cluster.client).arrows

    assert arrows[-1].style == "failed" and arrows[-1].target.startswith("Pod/default/web-")


class Silent:
    def get(self, *args: Any, **options: Any) -> Obj:
        raise ServiceUnavailable("down")

    list = get


def test_a_server_that_does_not_answer_takes_nothing_away_but_the_places() -> None:
    told = path(Told(hops=WAY), "http://web/", "pod/me", reader=Silent())  # type: ignore[arg-type]

    assert told.text == of(Told(hops=WAY)).text


def test_both_languages_have_the_same_texts_about_the_path() -> None:
    def blanks(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert TEXTS["en"].keys() == TEXTS["ko"].keys()
    assert all(blanks(TEXTS["en"][key]) == blanks(TEXTS["ko"][key]) for key in TEXTS["en"])
