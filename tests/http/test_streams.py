"""Connections to containers that stay open: logs that are followed."""

from __future__ import annotations

from typing import Any

from http_caller import Caller

from k8slab import Cluster

PODS = "/api/v1/namespaces/default/pods"


def given(cluster: Cluster, script: str) -> None:
    """A pod of one busybox that runs a script once."""
    container: dict[str, Any] = {"name": "main", "image": "busybox:1.37", "command": ["sh", "-c", script]}
    spec = {"containers": [container], "restartPolicy": "Never"}
    cluster.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "box"}, "spec": spec})
    cluster.run("5s")


def test_a_followed_log_is_a_text_that_stays_open_until_the_container_ends(caller: Caller, cluster: Cluster) -> None:
    given(cluster, "echo one; sleep 5; echo two; sleep 5; echo three")
    connection = caller.open()
    connection.request("GET", f"{PODS}/box/log?follow=true", headers=caller.headers())
    answer = connection.getresponse()
    first = answer.readline()

    caller.server.pacer.speed = 100

    assert (answer.headers["Content-Type"], first, answer.read()) == ("text/plain", b"one\n", b"two\nthree\n")
    connection.close()


def test_who_stops_following_leaves_nothing_behind(caller: Caller, cluster: Cluster) -> None:
    given(cluster, "echo one; sleep 99999")
    connection = caller.open()
    connection.request("GET", f"{PODS}/box/log?follow=true", headers=caller.headers())
    connection.getresponse().readline()

    connection.close()

    assert caller.ask("GET", f"{PODS}/box/log").body == "one\n"
