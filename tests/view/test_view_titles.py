"""Hover texts, and texts cut to the room there is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from objects_of_a_cluster import node, owner_of, pod, service, workload

from k8slab.objects import Key, key_of
from k8slab.view.facts import Facts, read_facts
from k8slab.view.lettering import ELLIPSIS, fit, text_width
from k8slab.view.titles import cores, image_of, node_title, owner_title, pod_title, service_address, service_title
from k8slab.view.words import Words

Obj = dict[str, Any]
EN = Words("en")


def facts_of(*objects: Obj) -> Facts:
    snapshot: dict[str, dict[Key, Obj]] = {}
    for obj in objects:
        snapshot.setdefault(obj["kind"], {})[key_of(obj)] = obj
    return read_facts(snapshot)


def unschedulable(message: str) -> Obj:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {**pod("web-1"), "status": {"phase": "Pending", "conditions": [condition]}}


@pytest.mark.parametrize(
    ("obj", "title"),
    [
        (pod("web-1", "node-1"), "Pod default/web-1 · Ready · nginx:1.27 · node-1"),
        (
            pod("web-1", "node-1", owner="web-7c", restarts=2),
            "Pod default/web-1 · Ready · 2 restarts · nginx:1.27 · node-1 · ReplicaSet web-7c",
        ),
        (
            pod("web-1", "node-1", "Pending", waiting="ErrImagePull", namespace="shop"),
            "Pod shop/web-1 · cannot start · ErrImagePull · nginx:1.27 · node-1",
        ),
        (
            unschedulable("0/3 nodes are available."),
            "Pod default/web-1 · waiting for a Node · Unschedulable · 0/3 nodes are available. · nginx:1.27",
        ),
    ],
)
def test_a_pod_says_how_it_is_and_why(obj: Obj, title: str) -> None:
    home = node("node-1")

    (card,) = facts_of(home, obj).pods

    assert pod_title(card, EN) == title


def test_a_node_says_what_it_has_and_what_keeps_pods_away() -> None:
    taint = {"key": "gpu", "effect": "NoSchedule"}
    (card,) = facts_of({**node("node-1", "zone-a"), "spec": {"taints": [taint]}}, pod("web-1", "node-1")).nodes

    assert node_title(card, EN) == "Node node-1 · Ready · zone-a · cpu 0.25/4 · memory 0/8 GiB · taint gpu:NoSchedule"


def test_a_large_machine_has_round_numbers() -> None:
    large = node("node-1")
    (card,) = facts_of({**large, "status": {**large["status"], "allocatable": {"cpu": "1500", "memory": "12Ti"}}}).nodes

    assert "cpu 0/1500 · memory 0/12288 GiB" in node_title(card, EN)


@pytest.mark.parametrize(
    ("cpu_m", "text"), [(0, "0"), (250, "0.25"), (4000, "4"), (63_990, "64"), (999_400, "999"), (1_024_000, "1024")]
)
def test_cores_are_short(cpu_m: int, text: str) -> None:
    assert cores(cpu_m) == text


def test_a_workload_says_how_many_and_of_what() -> None:
    (card,) = facts_of(workload("Deployment", "web", 3, ready=2)).owners

    assert owner_title(card, EN) == "Deployment default/web · 2/3 Ready · nginx:1.27"


@pytest.mark.parametrize(
    ("spec", "address"),
    [
        ({}, "10.96.1.20:80"),
        ({"clusterIP": "None"}, "None:80"),
        ({"ports": []}, "10.96.1.20"),
        ({"ports": [{"port": 80, "nodePort": 30080}]}, "10.96.1.20:80 ←:30080"),
        ({"clusterIP": "", "externalName": "db.example.com", "ports": []}, "db.example.com"),
    ],
)
def test_a_service_says_where_it_listens(spec: Obj, address: str) -> None:
    (card,) = facts_of(service("web") | {"spec": {**service("web")["spec"], **spec}}).services

    assert service_address(card) == address
    assert service_title(card, EN) == f"Service default/web · ClusterIP {address} · 0/0 Ready"


@pytest.mark.parametrize(
    ("image", "short"),
    [
        ("nginx:1.27", "nginx:1.27"),
        ("registry.k8s.io:5000/shop/web:2", "web:2"),
        ("nginx@sha256:abc", "nginx"),
        ("", ""),
    ],
)
def test_an_image_goes_without_its_registry(image: str, short: str) -> None:
    """Source: kubernetes.io, "Images", "Image names"."""
    assert image_of({"spec": {"containers": [{"image": image}]}}) == short


def test_what_has_no_container_has_no_image() -> None:
    assert (image_of({}), image_of({"spec": {"containers": []}})) == ("", "")


def test_an_owner_of_another_kind_is_named_too() -> None:
    made = pod("web-1", "node-1")
    daemon = {**made, "metadata": {**made["metadata"], "ownerReferences": [owner_of("DaemonSet", "agent")]}}

    (card,) = facts_of(node("node-1"), daemon).pods

    assert pod_title(card, EN).endswith("DaemonSet agent")


@given(st.text(max_size=80), st.floats(0, 400), st.booleans())
def test_a_cut_text_fits(text: str, width: float, bold: bool) -> None:
    cut = fit(text, width, bold=bold)

    assert text_width(cut, bold=bold) <= width
    assert cut in ("", text) or ELLIPSIS in cut


@pytest.mark.parametrize(
    ("room", "head", "tail"),
    [(400, "web-7c5b8d9f4-", "x7k2p"), (120, "web-7", "x7k2p"), (90, "web", "…x7k2p"), (40, "we", "…"), (5, "", "")],
)
def test_the_end_that_tells_pods_apart_is_kept_while_it_can(room: float, head: str, tail: str) -> None:
    shown = fit("web-7c5b8d9f4-x7k2p", room)

    assert shown.startswith(head) and shown.endswith(tail)
    assert text_width(shown) <= room


def test_a_wide_letter_needs_more_room_and_so_does_a_bold_one() -> None:
    assert text_width("iii") < text_width("aaa") < text_width("가가가")
    assert text_width("web", bold=True) > text_width("web")
