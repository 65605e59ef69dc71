"""One request, hop by hop: how it gets there, and every way in which it does not."""

from __future__ import annotations

from collections import Counter

import pytest
from proxy_bench import ProxyBench, a_service, a_slice, an_endpoint

from k8slab.proxy import Answer
from k8slab.world import Behaviour, HttpRequest, Reply

WEB = "10.96.1.1"
CONNECT_TIMEOUT_S = 5.0


class Crashing(Behaviour):
    """Listens, and dies of the first request."""

    def start(self) -> None:
        self.listen(8080)

    def on_request(self, request: HttpRequest) -> Reply:
        raise RuntimeError("no")


class Echoing(Behaviour):
    """Answers, a tenth of a second later, with what it was asked."""

    def start(self) -> None:
        self.listen(8080)

    def on_request(self, request: HttpRequest) -> Reply:
        text = f"{request.method} {request.path} {request.host} {request.port}"
        return Reply(404 if "missing" in request.path else 200, text, 0.1)


def web(bench: ProxyBench, *addresses: str, **spec: str) -> None:
    """A Service with a node port, and these endpoints behind it."""
    bench.given(a_service("web", {"port": 80, "nodePort": 30080}, clusterIP=WEB, type="NodePort", **spec))
    bench.given(a_slice("web", *map(an_endpoint, addresses)))
    bench.settle()


def way(answer: Answer) -> list[str]:
    """The stages of a request and where they were."""
    return [f"{hop.stage} {hop.node}".strip() for hop in answer.hops]


def test_a_request_by_name_passes_dns_rule_and_endpoint(bench: ProxyBench) -> None:
    web(bench.with_dns(), bench.pod("one", bench.b))

    answer = bench.get("http://web/", bench.a)

    assert (answer.status, answer.ok, answer.error, answer.pod) == (200, True, "", "default/one")
    assert [hop.text for hop in answer.hops] == [
        "web.default.svc.cluster.local is 10.96.1.1",
        "default/web at 10.96.1.1:80 -> 10.244.1.2:8080 (its only endpoint)",
        "default/one at 10.244.1.2:8080",
    ]
    assert way(answer) == ["dns kube-system/coredns", "rule a", "endpoint b"]


def test_the_time_of_a_request_is_what_its_hops_took(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.b, behaviour=Echoing))

    answer = bench.get(f"http://{WEB}/", bench.a)

    across_zones_s = 0.001
    assert answer.hops[-1].at_s == pytest.approx(2 * across_zones_s)  # the handshake
    assert answer.took_s == pytest.approx(4 * across_zones_s + 0.1)  # and the question, its answer and the thinking


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        (f"http://{WEB}", f"GET / {WEB} 8080"),
        (f"{WEB}/cart?id=1", f"GET /cart?id=1 {WEB} 8080"),
        ("http://192.168.0.11:30080/a/b", "GET /a/b 192.168.0.11:30080 8080"),
    ],
)
def test_the_pod_gets_what_was_asked_at_its_own_port(bench: ProxyBench, url: str, asked: str) -> None:
    web(bench, bench.pod("one", bench.b, behaviour=Echoing))

    assert bench.get(url, bench.a).body == asked


def test_an_answer_of_400_or_more_is_an_answer_but_not_ok(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.b, behaviour=Echoing))

    answer = bench.get(f"http://{WEB}/missing", bench.a)

    assert (answer.status, answer.ok, answer.error, answer.pod) == (404, False, "", "default/one")


def test_every_endpoint_gets_its_share(bench: ProxyBench) -> None:
    """Source: pkg/proxy/iptables/proxier.go: probability 1/n for the first, 1/(n-1) for the second, and so on."""
    web(bench, *(bench.pod(name, vm) for name, vm in (("one", bench.a), ("two", bench.b), ("three", bench.c))))

    counts = Counter(bench.get(f"http://{WEB}/", bench.a).pod for _ in range(600))

    assert sorted(counts) == ["default/one", "default/three", "default/two"]
    assert all(150 < count < 250 for count in counts.values())


def test_a_headless_name_leads_to_a_pod_without_rules_and_without_another_port(bench: ProxyBench) -> None:
    bench.with_dns().given(a_service("db", clusterIP="None"), a_slice("db", an_endpoint(bench.pod("one", bench.b))))
    bench.settle()

    answer, refused = bench.get("http://db:8080/", bench.a), bench.get("http://db/", bench.a)

    assert (answer.pod, way(answer)) == ("default/one", ["dns kube-system/coredns", "endpoint b"])
    assert refused.error == "curl: (7) Failed to connect to 10.244.1.2 port 80: Connection refused"


def test_a_headless_name_is_one_of_its_pods(bench: ProxyBench) -> None:
    bench.with_dns().given(a_service("db", clusterIP="None"))
    bench.given(a_slice("db", an_endpoint(bench.pod("one", bench.a)), an_endpoint(bench.pod("two", bench.b))))
    bench.settle()

    pods = {bench.get("http://db:8080/", bench.c).pod for _ in range(30)}

    assert pods == {"default/one", "default/two"}


def test_a_namespace_has_its_own_names(bench: ProxyBench) -> None:
    web(bench.with_dns(), bench.pod("one", bench.b))

    errors = [bench.get(url, bench.a, namespace="shop").error for url in ("http://web/", "http://web.default/")]

    assert errors == ["curl: (6) Could not resolve host: web", ""]


# Node ports


def test_a_node_port_of_another_machine_is_caught_by_the_rules_there(bench: ProxyBench) -> None:
    """Source: pkg/proxy/iptables/proxier.go: KUBE-NODEPORTS matches addresses of the node itself (--dst-type LOCAL)."""
    web(bench, bench.pod("one", bench.c))

    answer = bench.get("http://192.168.0.11:30080/", bench.a)

    assert (answer.status, answer.pod, way(answer)) == (200, "default/one", ["rule b", "endpoint c"])


@pytest.mark.parametrize("address", ["192.168.0.10", "192.168.0.11", "192.168.0.12"])
def test_from_outside_every_machine_answers_for_a_node_port(bench: ProxyBench, address: str) -> None:
    web(bench, bench.pod("one", bench.c))

    answer = bench.get(f"http://{address}:30080/", None)

    name = bench.world.network.vm_at(address)
    assert answer.pod == "default/one" and name is not None and way(answer) == [f"rule {name.name}", "endpoint c"]


def test_the_detour_over_another_machine_takes_its_time(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.a))

    near, far = (bench.get(f"http://192.168.0.1{number}:30080/", bench.a) for number in (0, 1))

    thinking_s, same_machine_s, across_zones_s = 0.001, 0.00005, 0.001
    assert near.took_s == pytest.approx(thinking_s + 4 * same_machine_s)
    assert far.took_s == pytest.approx(thinking_s + 4 * 2 * across_zones_s)


def test_it_is_the_other_machines_rules_that_count(bench: ProxyBench) -> None:
    bench.a.stop_daemon("kube-proxy")
    web(bench, bench.pod("one", bench.c))

    own, other = (bench.get(f"http://192.168.0.1{number}:30080/", bench.a) for number in (0, 1))

    assert own.error == "curl: (7) Failed to connect to 192.168.0.10 port 30080: Connection refused"
    assert other.pod == "default/one"


def test_a_node_port_without_endpoints_is_refused_by_the_machine_that_was_asked(bench: ProxyBench) -> None:
    web(bench)

    answer = bench.get("http://192.168.0.11:30080/", None)

    assert answer.error == "curl: (7) Failed to connect to 192.168.0.11 port 30080: Connection refused"
    assert (way(answer), answer.took_s < 0.1) == (["rule b"], True)


def test_a_node_port_of_a_machine_without_power_times_out(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.c))
    bench.b.power_off()

    answer = bench.get("http://192.168.0.11:30080/", bench.a)

    assert answer.error == "curl: (28) Failed to connect to 192.168.0.11 port 30080: Connection timed out"
    assert answer.took_s == pytest.approx(CONNECT_TIMEOUT_S)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        (f"http://{WEB}/", f"curl: (28) Failed to connect to {WEB} port 80: Connection timed out"),
        ("http://10.244.2.2:8080/", "curl: (28) Failed to connect to 10.244.2.2 port 8080: Connection timed out"),
        ("http://web.default.svc.cluster.local/", "curl: (6) Could not resolve host: web.default.svc.cluster.local"),
        ("http://192.168.0.11/", "curl: (7) Failed to connect to 192.168.0.11 port 80: Connection refused"),
    ],
)
def test_nothing_else_of_a_cluster_is_there_from_outside(bench: ProxyBench, url: str, error: str) -> None:
    """Source: kubernetes.io, "Cluster Networking": cluster IPs and pod addresses mean something inside only."""
    bench.with_dns()
    web(bench, bench.pod("one", bench.c))

    assert bench.get(url, None).error == error


# What goes wrong


def test_a_service_without_endpoints_refuses(bench: ProxyBench) -> None:
    """Source: pkg/proxy/iptables/proxier.go, -j REJECT."""
    web(bench)

    answer = bench.get(f"http://{WEB}/", bench.a)

    assert answer.error == f"curl: (7) Failed to connect to {WEB} port 80: Connection refused"
    assert [hop.text for hop in answer.hops] == [f"default/web at {WEB}:80 has no endpoints: REJECT"]
    assert answer.took_s < 0.1 and (answer.status, answer.ok, answer.pod) == (0, False, "")


def test_a_port_that_nobody_listens_on_refuses(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.b, port=9999))

    answer = bench.get(f"http://{WEB}/", bench.a)

    assert answer.error == "curl: (7) Failed to connect to 10.244.1.2 port 8080: Connection refused"
    assert [hop.stage for hop in answer.hops] == ["rule", "endpoint"] and answer.took_s < 0.1


def test_an_endpoint_on_a_dead_machine_times_out(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.b))
    bench.b.power_off()

    answer = bench.get(f"http://{WEB}/", bench.a)

    assert answer.error == "curl: (28) Failed to connect to 10.244.1.2 port 8080: Connection timed out"
    assert answer.took_s == pytest.approx(CONNECT_TIMEOUT_S)


@pytest.mark.parametrize("address", [f"{WEB}:81", "10.96.7.7", "10.244.1.77:8080", "192.168.77.77"])
def test_an_address_that_nobody_has_times_out(bench: ProxyBench, address: str) -> None:
    web(bench, bench.pod("one", bench.b))

    assert bench.get(f"http://{address}/", bench.a).error.startswith("curl: (28) Failed to connect to ")


def test_without_rules_a_cluster_ip_is_nobodys_address(bench: ProxyBench) -> None:
    bench.a.stop_daemon("kube-proxy")
    bench.a.rules = None
    web(bench, bench.pod("one", bench.b))

    answers = [bench.get(f"http://{WEB}/", vm) for vm in (bench.a, bench.b)]

    assert [answer.error[:10] for answer in answers] == ["curl: (28)", ""]


def test_a_pod_that_dies_of_the_request_gives_an_empty_reply(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.b, behaviour=Crashing))

    answers = [bench.get(f"http://{WEB}/", bench.a) for _ in range(2)]

    assert [answer.error for answer in answers] == [
        "curl: (52) Empty reply from server",
        "curl: (7) Failed to connect to 10.244.1.2 port 8080: Connection refused",
    ]
    assert way(answers[0]) == ["rule a", "endpoint b"]


def test_a_machine_without_power_sends_nothing(bench: ProxyBench) -> None:
    bench.a.power_off()

    answer = bench.get(f"http://{WEB}/", bench.a)

    assert answer.error == "a has no power: nobody is there to send the request" and answer.took_s == 0


def test_a_name_that_is_none(bench: ProxyBench) -> None:
    answer = bench.with_dns().get("http://nobody/", bench.a)

    assert answer.error == "curl: (6) Could not resolve host: nobody"
    domains = (".default.svc.cluster.local", ".svc.cluster.local", ".cluster.local", "")
    assert [hop.text for hop in answer.hops] == [f"nobody{domain}: NXDOMAIN" for domain in domains]
    assert answer.took_s < 0.1


def test_a_name_outside_the_cluster(bench: ProxyBench) -> None:
    bench.with_dns().given(a_service("out", type="ExternalName", externalName="example.com"))
    bench.settle()

    answer = bench.get("http://out/", bench.a)

    assert answer.error == "curl: (6) Could not resolve host: example.com"
    (hop,) = answer.hops
    assert hop.text == "out.default.svc.cluster.local is an alias of example.com, outside the cluster"


@pytest.mark.parametrize("trouble", ["never there", "no endpoints", "no power", "no kube-proxy here"])
def test_without_dns_no_name_is_known(bench: ProxyBench, trouble: str) -> None:
    if trouble != "never there":
        bench.with_dns()
    if trouble == "no endpoints":
        slice_ = bench.client.list("EndpointSlice")[0]
        bench.client.update({**slice_, "endpoints": []})
        bench.settle()
    if trouble == "no power":
        bench.c.power_off()
    if trouble == "no kube-proxy here":
        bench.a.rules = None

    answer = bench.get("http://web/", bench.a)

    assert answer.error == "curl: (6) Could not resolve host: web (no DNS pod answers)"
    assert answer.took_s >= CONNECT_TIMEOUT_S


def test_an_address_needs_no_dns(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.b))

    assert bench.get(f"http://{WEB}/", bench.a).ok


@pytest.mark.parametrize(
    "url", ["", "http://", "https://web/", "ftp://web/", "http://web:0/", "http://web:99999/", "/x"]
)
def test_what_is_no_url_is_an_error_of_the_caller(bench: ProxyBench, url: str) -> None:
    with pytest.raises(ValueError, match="is no URL that can be asked for here"):
        bench.get(url, bench.a)


def test_an_answer_can_be_read(bench: ProxyBench) -> None:
    web(bench, bench.pod("one", bench.b))
    good, bad = bench.get(f"http://{WEB}/", bench.a), bench.get("http://10.96.7.7/", bench.a)

    texts = [[" ".join(line.split()) for line in str(answer).splitlines()] for answer in (good, bad)]

    assert texts[0] == [
        "0.0 ms rule a default/web at 10.96.1.1:80 -> 10.244.1.2:8080 (its only endpoint)",
        "2.0 ms endpoint b default/one at 10.244.1.2:8080",
        "5.0 ms answer 200 from default/one",
    ]
    assert texts[1][-1] == "5000.0 ms answer curl: (28) Failed to connect to 10.96.7.7 port 80: Connection timed out"
