"""Traffic, bills and prices of a lab, on a real cluster of it."""

from __future__ import annotations

import pytest

from k8slab.lab import Lab
from k8slab.lab.traffic import marks_of


@pytest.fixture(scope="module")
def lab() -> Lab:
    """Ten minutes of a load in a cloud; after five of them a node loses its power."""
    lab = Lab(2, lang="en", cloud="acme")
    lab.kubectl("create deployment web --image=nginx --replicas=2")
    lab.kubectl("expose deployment web --port=80")
    lab.settle()
    lab.cluster.start_load("http://web/", 100, source="node-1", answer_bytes=50_000, name="day")
    lab.run("5m")
    lab.fail("node-2")
    lab.run("5m")
    return lab


def test_traffic_shows_every_load_with_the_faults(lab: Lab) -> None:
    text = lab.traffic().text

    assert text.startswith("Load day to http://web/ for 10 min: 60,000 requests")
    assert "5 min  power of node-2 cut" in text and "failed: timeout" in text


@pytest.mark.parametrize("given", ["name", "load", "report"])
def test_a_load_is_named_or_given(lab: Lab, given: str) -> None:
    load = lab.cluster.loads["day"]
    one = {"name": "day", "load": load, "report": load.report()}[given]

    assert lab.traffic(one).loads[0].name == "day"


def test_a_load_of_another_cluster_bears_no_marks_of_this_one(lab: Lab) -> None:
    report = lab.cluster.loads["day"].report()

    foreign = report._replace(start=report.start + 1)

    assert lab.traffic(report).marks and not lab.traffic(foreign).marks


def test_a_load_that_there_is_not_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match='no load "night"; there are: day'):
        lab.traffic("night")


def test_reasons_of_a_stretch_are_all_its_failures(lab: Lab) -> None:
    series = lab.cluster.loads["day"].report().series

    assert sum(rate for moment in series for _, rate in moment.reasons) == pytest.approx(
        sum(moment.failed_per_s for moment in series), abs=1e-3
    )
    assert any(moment.reasons for moment in series)


@pytest.mark.parametrize("key", ["kind", "node", "namespace", "pod", "label:app"])
def test_a_chart_adds_up_to_what_the_bill_says(lab: Lab, key: str) -> None:
    chart, bill = lab.bill(key), lab.cluster.bill()

    won = sum(stack.dollars for stack in chart.stacks) * bill.prices.won_per_dollar
    assert won == pytest.approx(sum(bill.by(key).values()))


def test_a_bill_over_time_adds_up_without_a_second_life_of_the_cluster(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.cluster, "fork", lambda moment: pytest.fail("a replay is too dear for a chart"))

    chart = lab.bill(stretches=5)

    assert len(chart.stacks) == 5
    assert sum(stack.dollars for stack in chart.stacks) == pytest.approx(chart.dollars)


def test_less_than_one_stretch_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match="one stretch of time or more"):
        lab.bill(stretches=-1)


def test_looking_at_the_counts_changes_no_history() -> None:
    def history(*durations: str) -> list[str]:
        lab = Lab(1)
        lab.kubectl("create deployment web --image=nginx")
        for duration in durations:
            lab.cluster.run(duration) if len(durations) > 1 else lab.run(duration)
        return [repr(entry) for entry in lab.cluster.api.audit.entries]

    assert history("10m") == history("5m", "5m")


def test_bills_are_compared_by_name(lab: Lab) -> None:
    chart = lab.compare_bills({"first half": lab.cluster.bill(until=lab.now - 300), "all": lab.bill()})

    assert [stack.name for stack in chart.stacks] == ["first half", "all"]
    assert chart.stacks[0].dollars < chart.stacks[1].dollars


def test_a_changed_price_holds_for_the_past(lab: Lab) -> None:
    panel, before = lab.prices(), lab.cluster.bill().total
    panel._fields["traffic.cross_zone_gb"].value = 1.0
    panel._use()

    assert panel.said.startswith("Prices changed: 1. The bill so far: ")
    assert lab.cluster.bill().total > before and lab.cluster.prices()["traffic.cross_zone_gb"] == 1.0


def test_a_price_that_is_none_is_refused_and_nothing_changed(lab: Lab) -> None:
    panel = lab.prices()
    panel._fields["vm.c4.hour"].value = -1.0
    panel._use()

    assert "must be a number that is not negative" in panel.said
    assert lab.cluster.prices()["vm.c4.hour"] > 0
    panel.refresh()
    assert panel._fields["vm.c4.hour"].value > 0


def test_the_table_of_prices_is_a_widget_and_for_other_readers_a_table(lab: Lab) -> None:
    data = lab.prices()._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in data
    assert "traffic.internet_gb" in data["text/html"] and "won_per_dollar" in data["text/plain"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_fault_and_write_has_words(lang: str) -> None:
    lab = Lab(2, lang=lang)
    cluster = lab.cluster
    lab.kubectl("create deployment web --image=nginx")
    lab.settle()
    pod = lab.client.list("Pod", "default")[0]["metadata"]["name"]
    cluster.crash(pod)
    cluster.slow("node-1", "1s")
    cluster.occupy("node-1", memory="1Gi")
    cluster.stop_daemon("node-1", "kubelet")
    cluster.start_daemon("node-1", "kubelet")
    cluster.cut("node-1", "node-2")
    cluster.heal("node-1", "node-2")
    cluster.shut_down("node-2")
    lab.recover("node-2")
    lab.kubectl(f"delete pod {pod} --wait=false")

    assert len(list(marks_of(cluster.journal.inputs, lang))) == 11
