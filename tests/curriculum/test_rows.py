"""Every row of the curriculum has its number, and the number says what the notebook will say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import row_00_the_whole_picture as row_00
import row_02_watch_not_listen as row_02
import row_03_everything_through_the_api as row_03
import row_04_etcd_remembers as row_04
import row_05_what_is_a_node as row_05
import row_06_kubelet_speaks_for_its_node as row_06
import row_07_controllers_ask_what_changed as row_07
import row_08_when_a_cloud_is_attached as row_08
import row_09_three_commands as row_09
import row_10_scheduling_is_a_proposal as row_10
import row_11_nodes_with_a_calling as row_11
import row_12_together_or_apart as row_12
import row_13_names_not_addresses as row_13
import row_14_the_proxy_meets_the_users as row_14
import row_15_namespaces as row_15
import row_16_declare_dont_command as row_16
import row_17_deployment_and_replicaset as row_17
import row_18_config_and_secret as row_18
import row_19_scale_out_not_up as row_19
import row_20_storage_outlives_pods as row_20
import row_22_what_traffic_costs as row_22
import row_23_a_cluster_grows_beyond_a_network as row_23
import row_24_the_shop as row_24


def test_every_row_has_a_script() -> None:
    there = {path.name[4:6] for path in Path(__file__).parent.glob("row_*.py")}

    assert there == {f"{number:02}" for number in range(25)}


@pytest.mark.parametrize(
    ("row", "number"),
    [
        (row_03, 0.0),  # nobody goes past the API
        (row_05, (3, 5)),  # five machines, three nodes
        (row_07, (4, 6)),  # four deletions unseen, six pods wanted and six there
        (row_11, (2, 0)),
        (row_13, (20, 0)),
        (row_15, (2, 0)),
        (row_16, (1, 10)),
        (row_18, (3, 1)),
        (row_20, (19, 0)),
    ],
)
def test_a_row_has_its_number(row: Any, number: Any) -> None:
    assert row.number() == number


def test_row_00_several_parts_react_to_one_death() -> None:
    parts, writes = row_00.number()

    assert 4 <= parts <= writes


def test_row_02_a_watch_costs_a_fraction_of_polling() -> None:
    asked, received, once, told = row_02.number()

    assert asked > 20 * once and received > 5 * told


def test_row_03_without_the_api_server_pods_serve_and_nothing_changes() -> None:
    assert row_03.unplugged() == (10, 0)


def test_row_04_one_apply_is_one_revision_and_many_follow() -> None:
    at_once, until_quiet = row_04.number()

    assert at_once == 1 and until_quiet > 10


def test_row_06_the_toleration_sets_how_long_a_replacement_takes() -> None:
    """Source: kubernetes.io, "Node conditions", "Taints and Tolerations": 50 s of grace, 300 s of toleration."""
    (noticed, replaced), (again, sooner) = row_06.number(), row_06.number("10")

    assert 40 <= noticed <= 60 and 40 <= again <= 60
    assert replaced - noticed > 290 > 60 > sooner - again


def test_row_08_a_service_waits_for_a_cloud() -> None:
    assert (row_08.number(), row_08.number("nimbus")) == (1, 0)


def test_row_09_kubeadm_has_phases_and_leaves_files() -> None:
    phases, files = row_09.number()

    assert phases >= 12 and files == 33


def test_row_10_the_winner_has_the_highest_score_and_losers_have_reasons() -> None:
    winner, scores, losers = row_10.number()

    assert winner == max(scores, key=lambda name: scores[name]) == "node-2"
    assert losers["node-3"] == "node(s) didn't match Pod's node affinity/selector"


def test_row_12_together_nothing_crosses_the_zones() -> None:
    (apart, _), (together, _) = row_12.number(False), row_12.number(True)

    assert apart > 1e9 and together == 0


def test_row_14_a_pause_before_the_end_loses_nothing() -> None:
    (lost, spread), (patient, _) = row_14.number(False), row_14.number(True)

    assert lost > 10 and patient == 0 and spread == pytest.approx(1)


def test_row_17_a_rolling_update_is_not_noticed() -> None:
    assert row_17.number("RollingUpdate") == 1 > row_17.number("Recreate")


def test_row_19_out_is_quicker_and_dearer_here_than_up() -> None:
    (out_ms, out_won), (up_ms, up_won) = row_19.number("out"), row_19.number("up")

    assert out_ms < up_ms and out_won > up_won


def test_row_22_what_is_rarely_read_is_cheaper_in_the_cold() -> None:
    assert row_22.number() == pytest.approx((0.023 - 0.0125) / (0.011 - 0.0004))


def test_row_23_two_clusters_outlive_one() -> None:
    (alone, none), (spread, every) = row_23.number("one"), row_23.number("spread")

    assert (none, every) == (0, 10) and spread > alone
    assert row_23.number("burst")[1] == 10


def test_row_24_a_fault_costs_a_shop_without_spares_more() -> None:
    (poor, _, _), (spare, _, _) = row_24.number(1), row_24.number(3)

    assert poor + 0.01 < spare
