"""Requests that come to a port of a pod from outside."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.wire import Request, Response

GET = {"method": "GET", "path": "/", "headers": {"Host": "localhost:8080", "User-Agent": "curl"}, "body": ""}


def asked(node: OneNode, **body: Any) -> Response:
    """The answer to one call of the subresource."""
    call = Request("create", "pods", "", "v1", "default", "web", "portforward", body=body, user="admin")
    return node.api.handle(call)


def test_a_request_is_answered_by_who_listens(node: OneNode) -> None:
    node.given("web")

    reply = asked(node, port=80, request=GET).body

    assert (reply["status"], reply["headers"]) == (200, {"Server": "nginx"}) and "Welcome to nginx!" in reply["body"]


def test_it_stands_in_the_log_as_from_the_pod_itself(node: OneNode) -> None:
    node.given("web")

    asked(node, port=80, request=GET)

    last = node.client.log("web", "default").splitlines()[-1]
    assert last.startswith("127.0.0.1 - - [") and last.endswith('"GET / HTTP/1.1" 200 194 "-" "curl" "-"')


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({}, 200, None),
        ({"session": "websocket"}, 200, None),
        ({"port": 80}, 200, None),
        ({"port": 81}, 500, "connect: connection refused "),
        ({"upgrade": "SPDY/3.1"}, 400, "SPDY is left out here"),
    ],
)
def test_who_can_be_reached(node: OneNode, body: Any, code: int, text: str | None) -> None:
    node.given("web")

    answer = asked(node, **body)

    assert answer.code == code and (text or "") in answer.body.get("message", "")


def test_a_pod_that_has_ended_is_not_reached(node: OneNode) -> None:
    node.given("web", container={"command": ["true"]}, restartPolicy="Never")

    assert asked(node, port=80).code == 500
