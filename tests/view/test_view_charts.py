"""Charts of traffic and of bills: what they tell in words, and that there is a picture in both themes."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

import matplotlib.image
import pytest

from k8slab.view.charts import BillChart, CompareBills, Mark, TrafficChart, price_table_html, price_table_text
from k8slab.view.charts.bill_data import Stack, category_of, largest, stacks_by
from k8slab.view.charts.numbers import clock, count, dollars, latency, step_of, won
from k8slab.view.charts.traffic_data import marks_within, reasons_of, stretches
from k8slab.view.charts.words import TEXTS


class Moment(NamedTuple):
    at: float
    sent_per_s: float
    ok_per_s: float
    p50_s: float
    p99_s: float
    pods: int
    reasons: tuple[tuple[str, float], ...] = ()


class Report(NamedTuple):
    name: str
    url: str
    start: float
    until: float
    sent: float
    ok: float
    failed: Mapping[str, float]
    p50_s: float
    p99_s: float
    availability: float
    series: tuple[Moment, ...]


class Line(NamedTuple):
    kind: str
    name: str
    what: str
    dollars: float
    labels: Mapping[str, str] = {}


class Share(NamedTuple):
    node: str
    namespace: str
    pod: str
    dollars: float
    labels: Mapping[str, str] = {}


class Prices(NamedTuple):
    date: str = "2026-01"
    source: str = "list price"
    won_per_dollar: float = 1000.0


class Bill(NamedTuple):
    start: float
    end: float
    lines: tuple[Line, ...]
    shares: tuple[Share, ...] = ()
    prices: Prices = Prices()

    @property
    def dollars(self) -> float:
        return sum(line.dollars for line in self.lines)

    @property
    def total(self) -> float:
        return self.dollars * self.prices.won_per_dollar


def a_load(name: str = "day", seconds: int = 60, rate: float = 100.0, start: float = 1000.0) -> Report:
    """Ten requests in a hundred are refused in the second half."""
    moments = []
    for at in range(5, seconds + 5, 5):
        refused = rate / 10 if at > seconds / 2 else 0.0
        reasons = (("refused", refused),) if refused else ()
        moments.append(Moment(start + at, rate, rate - refused, 0.002, 0.5, 2 if refused else 3, reasons))
    sent = rate * seconds
    return Report(
        name, "http://web/", start, start + seconds, sent, 0.95 * sent, {"refused": 0.05 * sent}, 0.002, 0.5, 0.95,
        tuple(moments),
    )  # fmt: skip


A_BILL = Bill(
    0.0,
    7200.0,
    (
        Line("vm", "node-1", "c4", 1.0, {"zone": "zone-a"}),
        Line("vm", "node-2", "c4", 1.0, {"zone": "zone-b"}),
        Line("traffic", "zone-a to internet", "data", 0.5, {"namespace": "shop"}),
        Line("traffic", "zone-a to zone-b", "data", 0.25, {"namespace": "shop"}),
        Line("volume", "disk-1", "standard", 0.1),
        Line("snapshot", "disk-1", "old", 0.05),
        Line("load balancer", "shop/web", "load balancer", 0.2, {"namespace": "shop"}),
        Line("line", "a - b", "leased line", 0.3),
        Line("registry", "docker.io", "images", 0.02),
        Line("cow", "bess", "hay", 0.01),
    ),
    (Share("node-1", "shop", "web-1", 0.6, {"app": "web"}), Share("node-1", "", "", 0.4), Share("node-2", "", "", 1.0)),
)


NOBODY_ANSWERS = a_load()._replace(
    series=(Moment(1005.0, 9.0, 0.0, 0.0, 0.0, 0, (("timeout", 9.0),)),), failed={"timeout": 45.0}
)


def picture(png: bytes) -> Any:
    """The pixels."""
    return matplotlib.image.imread(BytesIO(png))


def test_a_load_is_told_in_a_sentence_and_a_table() -> None:
    """Half of the time one request in ten is refused."""
    text = TrafficChart([a_load()]).text

    sentence, heads, first, *_, last, note = text.splitlines()
    assert sentence == (
        "Load day to http://web/ for 60 s: 6,000 requests, 95 % answered, p50 2 ms, p99 500 ms. Failed: refused 300."
    )
    assert heads.split()[:3] == ["to", "offered/s", "answered/s"]
    assert (first.split(), last.split()) == (
        ["5", "s", "100", "100", "0", "2", "ms", "500", "ms", "3"],
        ["60", "s", "100", "90", "10", "2", "ms", "500", "ms", "2"],
    )
    assert "Each row is 5 s" in note


def test_many_moments_become_few_stretches() -> None:
    """Rates by their mean, latencies by the highest, pods by the fewest."""
    moments = tuple(Moment(float(at), at, at, at / 100, at / 10, 9 - at) for at in range(1, 9))
    load = a_load()._replace(start=0.0, series=moments)

    found = stretches(load, 2)

    assert [(one.start, one.end, one.sent_per_s, one.p99_s, one.pods) for one in found] == [
        (0.0, 4.0, 2.5, 0.4, 5),
        (4.0, 8.0, 6.5, 0.8, 1),
    ]


def test_failures_are_spread_over_the_stretch_they_fall_into() -> None:
    moments = (Moment(5.0, 10, 10, 0, 0, 1), Moment(10.0, 10, 6, 0, 0, 1, (("reset", 4.0),)))

    (found,) = stretches(a_load()._replace(start=0.0, series=moments), 1)

    assert (found.failed, found.ok_per_s) == ({"reset": 2.0}, 8.0)


def test_only_what_was_done_during_a_load_is_marked_and_counted_from_one() -> None:
    marks = [Mark(990.0, "before"), Mark(1030.0, "power of node-1 cut"), Mark(2000.0, "after")]

    chart = TrafficChart([a_load()], marks)

    assert "  1. 30 s  power of node-1 cut" in chart.text and "power of node-1 cut" in chart.html
    assert "before" not in chart.text and "after" not in chart.text
    assert marks_within(marks, a_load()) == [(2, marks[1])]


def test_reasons_come_the_most_frequent_first() -> None:
    loads = [
        a_load()._replace(failed={"reset": 1.0, "timeout": 4.0}),
        a_load()._replace(failed={"reset": 5.0, "x": 0.01}),
    ]

    assert reasons_of(loads) == ["reset", "timeout"]


@pytest.mark.parametrize(
    ("loads", "figures", "said"),
    [
        ([], 0, "No load has been started"),
        ([a_load()._replace(series=())], 1, "has not run for five seconds"),
        ([a_load("a"), a_load("b")], 1, "Load b"),
        ([a_load(name) for name in "abcd"], 2, "Load d"),
        ([a_load("a"), a_load("b", rate=9000.0, seconds=3600)], 1, "Load b"),
        ([NOBODY_ANSWERS], 1, "failed: timeout"),
    ],
)
def test_any_number_of_loads_is_drawn(loads: list[Report], figures: int, said: str) -> None:
    chart = TrafficChart(loads)

    html = chart.html
    assert html.count("<figure") == figures and html.count("<img") == 2 * figures
    assert said in chart.text and all(load.name in html for load in loads)


def test_a_chart_stands_on_light_and_on_dark_ground() -> None:
    light, dark = (picture(TrafficChart([a_load()]).png(theme)) for theme in ("light", "dark"))

    assert light.shape == dark.shape and light.shape[1] == 1080
    assert light[2, 2].min() == 1.0 and dark[2, 2, :3].max() < 0.1
    assert dark[..., :3].max() > 0.8


def test_on_paper_there_is_the_light_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")

    html = TrafficChart([a_load()]).html

    assert html.count("<img") == 1 and "<style" not in html and 'alt="Load day to' in html


def test_names_from_the_cluster_are_no_html() -> None:
    load = a_load("<b>", seconds=10)._replace(failed={'"><script>': 3.0})
    html = TrafficChart([load], [Mark(1003.0, "<script>")]).html

    assert "<script" not in html and "<b>" not in html


CATEGORIES = [
    "machines", "machines", "internet", "cross-zone", "storage", "storage", "load balancer", "lines", "build", "other",
]  # fmt: skip


@pytest.mark.parametrize(("line", "category"), list(zip(A_BILL.lines, CATEGORIES, strict=True)))
def test_every_line_belongs_to_a_kind_of_cost(line: Line, category: str) -> None:
    assert category_of(line) == category


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("node", ["node-1", "node-2"]),
        ("namespace", ["shop", "(idle)", "(shared)"]),
        ("pod", ["(shared)", "(idle)", "shop/web-1"]),
        ("label:app", ["(shared)", "(idle)", "web"]),
        ("zone", ["(shared)", "zone-a", "zone-b"]),
    ],
)
def test_a_bill_is_stacked_by_any_key(key: str, names: list[str]) -> None:
    stacks = stacks_by(A_BILL, key)

    assert [stack.name for stack in stacks] == names
    assert key == "node" or sum(stack.dollars for stack in stacks) == pytest.approx(A_BILL.dollars)


def test_a_namespace_pays_for_its_machines_and_its_traffic() -> None:
    shop = stacks_by(A_BILL, "namespace")[0]

    assert shop.parts == {"machines": 0.6, "internet": 0.5, "cross-zone": 0.25, "load balancer": 0.2}


def test_a_key_that_nothing_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r'cannot be shown by "colour"; by: kind, node, .*zone'):
        BillChart(A_BILL, "colour")


def test_the_many_small_ones_stand_together() -> None:
    stacks = [Stack(str(number), {"machines": 1.0}) for number in range(30)]

    found = largest(stacks, 12)

    assert (len(found), found[-1]) == (12, Stack("(other)", {"machines": 19.0}))


def test_a_bill_is_told_in_won_and_dollars_with_its_prices() -> None:
    lines = BillChart(A_BILL).text.splitlines()

    assert lines[0].startswith(
        "What it has cost, by kind: 3,430 won ($3.43) in 2 hours. machines (VM hours) 2,000 won,"
    )
    assert lines[2].split() == ["machines", "(VM", "hours)", "2,000", "$2.00"]
    assert lines[-2].split() == ["total", "3,430", "$3.43"]
    assert lines[-1] == "Prices: list price, 2026-01; 1 dollar = 1,000 won."


def test_a_bill_over_time_has_a_column_for_each_stretch() -> None:
    parts = [A_BILL._replace(end=3600.0), A_BILL._replace(start=3600.0)]
    chart = BillChart(A_BILL, parts=parts)

    assert [stack.name for stack in chart.stacks] == ["60 min", "2:00 h"]
    assert (chart.total, chart.dollars) == (pytest.approx(3430.0), pytest.approx(3.43))
    assert "<img" in chart.html


def test_bills_beside_each_other_have_no_sum() -> None:
    chart = CompareBills({"laptop": A_BILL, "company": A_BILL._replace(lines=A_BILL.lines[:1])})

    assert "laptop 3,430 won ($3.43) in 2 hours; company 1,000 won ($1.00) in 2 hours" in chart.text
    assert "total" not in chart.text and "traffic between zones" in chart.html


@pytest.mark.parametrize("chart", [BillChart(Bill(0.0, 60.0, ())), CompareBills({})])
def test_nothing_that_was_paid_for_is_said(chart: BillChart) -> None:
    assert "Nothing has been paid for." in chart.text and "<img" not in chart.html


@pytest.mark.parametrize("key", ["kind", "namespace"])
def test_bills_are_drawn_in_korean(key: str) -> None:
    chart = BillChart(A_BILL, key, lang="ko")

    assert "지금까지의 비용" in chart.html and picture(chart.png("dark")).shape[1] == 1080
    assert chart._repr_mimebundle_()["text/plain"] == repr(chart)


def test_the_price_table_names_its_source_and_its_units() -> None:
    entries = {"won_per_dollar": 1400.0, "vm.c4.hour": 0.17, "traffic.internet_gb": 0.09, "build_minute": 0.005}
    text, html = price_table_text(entries, Prices(), "en"), price_table_html(entries, Prices(), "en")

    assert "Source: list price (2026-01)" in text and "Source: list price (2026-01)" in html
    for said in ("won for a dollar", "dollars an hour", "dollars a GB", "dollars a minute"):
        assert said in text and said in html


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (count(1250.4), "1,250"),
        (count(12.54), "12.5"),
        (count(0.001), "0"),
        (won(1234.5), "1,234"),
        (won(0.126), "0.13"),
        (dollars(12.4), "$12.40"),
        (dollars(0.00041), "$0.0004"),
        (latency(0.0071), "7.1 ms"),
        (latency(1.25), "1.25 s"),
        (clock(45), "45 s"),
        (clock(325), "5:25 min"),
        (clock(600, 60), "10 min"),
        (clock(7260), "2:01 h"),
        (step_of(60, 8), 10.0),
        (step_of(7200, 8), 900.0),
    ],
)
def test_numbers_are_written_as_somebody_reads_them(told: object, text: object) -> None:
    assert told == text


def test_both_languages_have_the_same_texts_and_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {part.partition("}")[0] for part in text.split("{")[1:]}

    english = {name: text for name, text in TEXTS["en"].items() if not name.endswith(".one")}
    assert {name: blanks(text) for name, text in english.items()} == {
        name: blanks(text) for name, text in TEXTS["ko"].items()
    }
