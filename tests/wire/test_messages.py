"""What travels: requests, answers and events."""

from __future__ import annotations

import pytest

from k8slab.wire import Request, Response, WatchEvent


def test_a_request_is_about_nothing_in_particular_unless_it_says_so() -> None:
    request = Request("get", path="/version")

    assert (request.resource, request.group, request.version, request.namespace) == ("", "", "v1", "")
    assert (request.name, request.subresource, request.body) == ("", "", None)
    assert request.params == {}


@pytest.mark.parametrize("message", [Request("get"), Response(200, {}), WatchEvent("ADDED", {})])
def test_a_message_cannot_be_changed_on_its_way(message: Request | Response | WatchEvent) -> None:
    with pytest.raises(AttributeError):
        setattr(message, message._fields[0], "other")


def test_an_answer_has_nothing_but_its_body_unless_it_says_so() -> None:
    assert Response(200, {}) == (200, {}, None, 0, (), None, None, None)
