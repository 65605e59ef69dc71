"""Loads as flows: who gets what, what is too much, and what is lost when somebody ends."""

from __future__ import annotations

from collections import Counter
from math import inf

import pytest
from flow_bench import WEB, FlowBench, Single, Steady

from k8slab.proxy import Burst, Ramp
from k8slab.world import HttpRequest, PassedOn, Reply

URL = f"http://{WEB}/"


@pytest.fixture
def bench() -> FlowBench:
    """Three machines of four cores in three zones."""
    return FlowBench()


class Chained(Steady):
    """Asks the database twice for every request."""

    calls = {"http://10.96.1.2/": 2.0}


class Caller(Steady):
    """Asks a Service that nobody has."""

    calls = {"http://10.96.1.9/": 1.0}


class Circle(Steady):
    """Asks itself."""

    calls = {URL: 1.0}


class Worn(Steady):
    """Breaks after a thousand requests."""

    left = 1000.0

    def on_requests(self, count: float) -> None:
        self.left -= count
        if self.left < 0:
            self.exit(1)


class Hungry(Single):
    """Holds a thousand bytes for each request."""

    memory_bytes_per_request = 1000


class Proxy(Steady):
    """Passes everything on, to one of several, and to another when there is nobody."""

    urls: tuple[str, ...] = ()

    def passes_on(self, request: HttpRequest) -> PassedOn:
        return PassedOn(self.urls, request.host, 2)


class Fragile(Steady):
    """Dies of one page."""

    def on_request(self, request: HttpRequest) -> Reply:
        if request.path == "/crash":
            raise RuntimeError("out of stock")
        return super().on_request(request)


def test_a_flow_is_split_as_single_requests_are(bench: FlowBench) -> None:
    bench.web(bench.a, bench.b, bench.c)

    report = bench.flow(URL, 30, passed_s=100.0)
    singles = Counter(bench.get(URL, bench.a).pod for _ in range(3000))

    assert report.by_pod == pytest.approx({f"default/web-{number}": 1000 for number in range(3)})
    assert singles == pytest.approx(report.by_pod, rel=0.1)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://10.96.1.9/", "timeout"),
        (f"http://{WEB}/broken", "HTTP 500"),
        ("http://nobody/", "no such host"),
        ("http://192.168.0.11:9999/", "refused"),
    ],
)
def test_a_flow_fails_for_the_reason_for_which_a_single_request_fails(bench: FlowBench, url: str, reason: str) -> None:
    bench.with_dns().web(bench.a)

    report = bench.flow(url, 30)

    assert (report.sent, report.ok, report.failed) == (pytest.approx(300), 0, {reason: pytest.approx(300)})
    assert not bench.get(url, bench.a).ok


def test_a_request_of_a_quiet_flow_takes_as_long_as_a_single_one(bench: FlowBench) -> None:
    bench.with_dns().web(bench.b)

    report, single = bench.flow("http://web/", 1), bench.get("http://web/", bench.a)

    assert (report.mean_s, report.p99_s) == (
        pytest.approx(single.took_s, rel=0.02),
        pytest.approx(single.took_s, rel=0.05),
    )


@pytest.mark.parametrize(
    ("rate", "behaviour", "availability", "slowest_s"),
    [
        (40, Single, 1.0, 0.2),  # of a hundred a second
        (90, Single, 1.0, 1.0),
        (200, Single, 0.5, 5.5),  # half of them wait in vain
        (700, Steady, 1.0, 0.2),  # of eight hundred, with four cores
        (1600, Steady, 0.5, 5.5),
    ],
)
def test_what_a_container_cannot_do_waits_and_times_out(
    bench: FlowBench, rate: float, behaviour: type[Steady], availability: float, slowest_s: float
) -> None:
    bench.web(bench.b, behaviour=behaviour)
    load = bench.load(URL, rate)
    bench.loop.run_until(bench.loop.now + 60)

    last = load.report().series[-1]

    assert last.ok_per_s / last.sent_per_s == pytest.approx(availability, abs=0.02)
    assert last.p99_s <= slowest_s


def test_pods_on_one_machine_share_its_cpu(bench: FlowBench) -> None:
    bench.web(bench.b, bench.b)

    report = bench.flow(URL, 2000, passed_s=60.0)

    assert report.series[-1].ok_per_s == pytest.approx(3960 / 5)  # what the machine's own daemons leave of four cores


def test_a_load_shows_in_what_a_machine_uses(bench: FlowBench) -> None:
    bench.web(bench.b)
    bench.load(URL, 100)
    bench.loop.run_until(bench.loop.now + 20)

    meter = bench.container("web-0").meter

    assert (meter.cpu_m, meter.requests_per_s) == (pytest.approx(500, rel=0.01), pytest.approx(100, rel=0.01))
    assert meter.requests == pytest.approx(2000, rel=0.01)


def test_nothing_is_left_of_a_load_that_has_ended(bench: FlowBench) -> None:
    bench.web(bench.b)

    bench.flow(URL, 100)

    assert bench.container("web-0").meter.cpu_m == pytest.approx(0, abs=1)
    assert bench.world.network.on_change is None


def test_single_requests_wait_in_the_same_queue(bench: FlowBench) -> None:
    bench.web(bench.b, behaviour=Single)
    alone = bench.get(URL, bench.a).took_s
    bench.load(URL, 150)
    bench.loop.run_until(bench.loop.now + 4.0)
    bench.flows._step()

    assert bench.get(URL, bench.a).took_s == pytest.approx(alone + 2.0, rel=0.05)  # 200 wait, a hundred a second go


@pytest.mark.parametrize(
    ("how", "reason", "lost"),
    [("exit", "reset", 150 * 0.01), ("kill", "reset", 150 * 0.01), ("power", "timeout", 150 * 0.01)],
)
def test_who_ends_takes_with_him_what_he_was_working_on(bench: FlowBench, how: str, reason: str, lost: float) -> None:
    """Little's law: 150 a second that take a hundredth of a second each."""
    bench.web(bench.b, bench.c)
    load = bench.load(URL, 300)
    bench.loop.run_until(bench.loop.now + 5)

    container = bench.container("web-0")
    {"exit": lambda: container.exit(0), "kill": container.kill, "power": bench.b.power_off}[how]()
    bench.loop.run_until(bench.loop.now)

    assert load.report().failed == {reason: pytest.approx(lost, rel=0.05)}


def test_until_the_rules_know_of_it_an_ended_pod_refuses_its_share(bench: FlowBench) -> None:
    bench.web(bench.b, bench.c)
    load = bench.load(URL, 300)
    bench.container("web-0").exit(0)
    bench.loop.run_until(bench.loop.now + 5)

    failed = load.report().failed

    assert failed["refused"] == pytest.approx(150 * 5)
    assert bench.get(URL, bench.a).error in (
        "",
        "curl: (7) Failed to connect to 10.244.1.2 port 8080: Connection refused",
    )


def test_a_page_of_which_pods_die_is_answered_by_nobody(bench: FlowBench) -> None:
    bench.web(bench.b, behaviour=Fragile)

    report = bench.flow(f"http://{WEB}/crash", 50)

    assert report.ok == 0
    assert bench.container("web-0").state == "EXITED"


def test_a_behaviour_hears_how_many_requests_a_flow_has_brought(bench: FlowBench) -> None:
    bench.web(bench.b, behaviour=Worn)

    report = bench.flow(URL, 100, passed_s=60.0)

    assert bench.container("web-0").finished_at - report.start == pytest.approx(
        15
    )  # at the next look after the 1,000th
    assert report.failed["refused"] == pytest.approx(4500)


def test_requests_that_are_inside_take_memory(bench: FlowBench) -> None:
    bench.web(bench.b, behaviour=Hungry)
    before = bench.container("web-0").memory_bytes

    bench.load(URL, 200)
    bench.loop.run_until(bench.loop.now + 10)
    during = bench.container("web-0").memory_bytes
    bench.flows.stop("load")

    assert during - before == pytest.approx(1000 * 501, abs=5000)  # five seconds' worth wait, and one is worked on
    assert bench.container("web-0").memory_bytes == before


def test_clients_that_keep_their_connections_do_not_see_new_pods(bench: FlowBench) -> None:
    bench.web(bench.a, bench.b)
    load = bench.load(URL, 100, life_s=inf)
    bench.loop.run_until(bench.loop.now + 10)
    bench.web(bench.c, name="more", address="10.96.1.7")
    bench.move("web", "more-0")

    bench.loop.run_until(bench.loop.now + 20)

    assert sorted(load.report().by_pod) == ["default/web-0", "default/web-1"]
    assert bench.get(URL, bench.a).pod == "default/more-0"


def test_connections_of_a_limited_life_find_new_pods_in_time(bench: FlowBench) -> None:
    bench.web(bench.a)
    load = bench.load(URL, 100, life_s=20.0)
    bench.loop.run_until(bench.loop.now + 5)
    bench.web(bench.c, name="more", address="10.96.1.7")
    bench.move("web", "more-0")
    bench.loop.run_until(bench.loop.now + 100)

    series = load.report().series

    assert series[-1].pods == 2
    assert load.report().by_pod["default/web-0"] < 100 * 60


def test_a_client_that_tries_again_hides_a_broken_endpoint(bench: FlowBench) -> None:
    bench.web(bench.b, bench.c)
    bench.container("web-0").exit(0)

    reports = [bench.flow(URL, 100, passed_s=60.0, retries=retries, name=str(retries)) for retries in (0, 1, 3)]

    assert [report.availability for report in reports] == pytest.approx([0.5, 0.75, 0.9375], abs=0.03)


def test_who_is_asked_asks_others(bench: FlowBench) -> None:
    bench.web(bench.c, name="db", address="10.96.1.2")
    bench.web(bench.b, behaviour=Chained)
    alone = bench.get("http://10.96.1.2/", bench.b).took_s

    report, single = bench.flow(URL, 50), bench.get(URL, bench.a)

    assert bench.world.network.traffic.by_service()["default/db"].requests == pytest.approx(1000, rel=0.01)
    assert report.mean_s == pytest.approx(single.took_s, rel=0.1)
    assert single.took_s > 2 * alone


@pytest.mark.parametrize(
    ("page", "ended", "ok", "failed"),
    [
        ("", (), 500, {}),
        ("broken", (), 0, {"HTTP 500": 500}),
        ("", ("db-0",), 500, {}),  # it tries another one
        ("", ("db-0", "db-1"), 0, {"HTTP 502": 500}),
    ],
)
def test_a_flow_passes_through_a_proxy(
    bench: FlowBench, page: str, ended: tuple[str, ...], ok: float, failed: dict[str, float]
) -> None:
    bench.web(bench.b, bench.c, name="db", address="10.96.1.2")
    Proxy.urls = tuple(f"http://{bench.container(name).sandbox.ip}:8080" for name in ("db-0", "db-1"))
    bench.web(bench.a, behaviour=Proxy)
    for name in ended:
        bench.container(name).exit(1)

    report = bench.flow(f"http://{WEB}/{page}", 50)

    assert (report.ok, report.failed) == (pytest.approx(ok), pytest.approx(failed))
    asked = {row.target.pod: row.passed.requests for row in bench.world.network.traffic.rows() if not row.service}
    alive = {"db-0", "db-1"} - set(ended)
    assert asked == pytest.approx({name: 500 / len(alive) for name in alive})


@pytest.mark.parametrize(("behaviour", "status"), [(Caller, 502), (Circle, 508)])
def test_who_gets_no_answer_gives_none(bench: FlowBench, behaviour: type[Steady], status: int) -> None:
    bench.web(bench.b, behaviour=behaviour)

    report, single = bench.flow(URL, 50, passed_s=5.0), bench.get(URL, bench.a)

    assert (report.ok, single.status) == (0, status)
    assert report.failed == {f"HTTP {status}": pytest.approx(250)}


@pytest.mark.parametrize("rate", [100, Ramp(0, 400, over="30s"), Burst(20, 900, every="20s", lasting="4s")], ids=repr)
@pytest.mark.parametrize("retries", [0, 2])
def test_every_request_is_answered_or_failed(bench: FlowBench, rate: object, retries: int) -> None:
    bench.web(bench.b, bench.c, behaviour=Single)
    load = bench.load(URL, rate, retries=retries)
    for second in range(60):
        if second in (15, 40):
            bench.container("web-0" if second == 15 else "web-1").exit(0)
        bench.loop.run_until(bench.loop.now + 1)
    load.stop()

    report = load.report()

    assert report.ok + report.lost == pytest.approx(report.sent)
    assert report.ok == pytest.approx(sum(report.by_pod.values())) == pytest.approx(sum(report.by_zones.values()))
