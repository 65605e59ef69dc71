"""All the ways of a request: the same that single requests take, as often as they take them."""

from __future__ import annotations

from collections import Counter

import pytest
from proxy_bench import ProxyBench, a_service, a_slice, an_endpoint

from k8slab.proxy import Arrival, Way, ways

WEB = "10.96.1.1"
ENDS = ("one", "two", "three", "four", "five")


def web(bench: ProxyBench, count: int, **spec: object) -> None:
    """A Service with so many pods, on three machines in turn."""
    bench.given(a_service("web", {"port": 80, "nodePort": 30080}, clusterIP=WEB, type="NodePort", **spec))
    machines = (bench.a, bench.b, bench.c)
    addresses = [bench.pod(name, machines[number % 3]) for number, name in enumerate(ENDS[:count])]
    bench.given(a_slice("web", *map(an_endpoint, addresses)))
    bench.settle()


def found(bench: ProxyBench, url: str, source: object) -> list[Way]:
    """The ways of a request."""
    return ways(lambda chance: bench.requests.arrive(url, source, "default", chance))  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_endpoint_is_as_likely_as_the_rules_make_it(bench: ProxyBench, count: int) -> None:
    web(bench.with_dns(), count)

    likely = {way.arrival.pod: way.likelihood for way in found(bench, "http://web/", bench.a)}

    assert likely == pytest.approx({f"default/{name}": 1 / count for name in ENDS[:count]})


def test_single_requests_take_each_way_as_often_as_it_is_likely(bench: ProxyBench) -> None:
    """Chi square with 4 degrees of freedom: 18.5 is passed by chance once in a thousand."""
    web(bench.with_dns(), 5)
    likely = {way.arrival.pod: way.likelihood for way in found(bench, "http://web/", bench.b)}

    counts = Counter(bench.get("http://web/", bench.b).pod for _ in range(2000))

    assert set(counts) == set(likely)
    assert sum((counts[pod] - 2000 * part) ** 2 / (2000 * part) for pod, part in likely.items()) < 18.5


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://nobody/", "curl: (6) Could not resolve host: nobody"),
        ("http://10.99.9.9/", "curl: (28) Failed to connect to 10.99.9.9 port 80: Connection timed out"),
        (f"http://{WEB}/", "curl: (7) Failed to connect to 10.96.1.1 port 80: Connection refused"),
    ],
)
def test_a_way_may_end_in_an_error(bench: ProxyBench, url: str, error: str) -> None:
    web(bench.with_dns(), 0)

    (way,) = found(bench, url, bench.a)

    assert (way.likelihood, way.arrival.error, way.arrival.connection) == (1.0, error, None)


def test_an_endpoint_without_power_is_a_way_too(bench: ProxyBench) -> None:
    web(bench, 3)
    bench.b.power_off()

    errors = {way.arrival.error: way.likelihood for way in found(bench, f"http://{WEB}/", bench.a)}

    timed_out = [part for error, part in errors.items() if "timed out" in error]
    assert timed_out == [pytest.approx(1 / 3)]


def test_looking_at_ways_draws_nothing_and_leaves_no_trace(bench: ProxyBench) -> None:
    web(bench.with_dns(), 3, sessionAffinity="ClientIP")
    before = bench.loop.random.getstate()

    found(bench, "http://web/", bench.a)

    assert bench.loop.random.getstate() == before
    assert bench.rules(bench.a).sticky == {}


def test_choices_between_more_than_two_and_after_one_another_are_all_walked() -> None:
    def walk(chance: object) -> Arrival:
        first = chance(3)  # type: ignore[operator]
        second = chance(2) if first == 1 else 0  # type: ignore[operator]
        return Arrival(None, "", 0, float(first), f"{first}{second}")

    likely = {way.arrival.error: way.likelihood for way in ways(walk)}

    assert likely == pytest.approx({"00": 1 / 3, "10": 1 / 6, "11": 1 / 6, "20": 1 / 3})
