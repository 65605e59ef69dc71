"""What a read may ask for: how old its answer may be, what goes together, and how a watch begins."""

from __future__ import annotations

import pytest
from api_bench import ApiBench, sample, told

from k8slab.wire import Response

FORBIDDEN = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden "
NOT_LISTED = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"
WATCH = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}


@pytest.fixture
def two(api: ApiBench) -> ApiBench:
    """Two ConfigMaps that came at revisions 3 and 4, and a Secret at revision 5."""
    api.given(sample("ConfigMap", "a"), sample("ConfigMap", "b"), sample("Secret"))
    return api


def read(api: ApiBench, verb: str = "list", **params: str) -> Response:
    return api.send(verb, "ConfigMap", "a" if verb == "get" else "", params=params)


@pytest.mark.parametrize(
    ("params", "names", "revision"),
    [
        ({}, ["a", "b"], "5"),
        ({"resourceVersion": "0"}, ["a", "b"], "5"),
        ({"resourceVersion": "3"}, ["a", "b"], "5"),
        ({"resourceVersion": "3", "resourceVersionMatch": "NotOlderThan"}, ["a", "b"], "5"),
        ({"resourceVersion": "0", "resourceVersionMatch": "NotOlderThan"}, ["a", "b"], "5"),
        ({"resourceVersion": "3", "resourceVersionMatch": "Exact"}, ["a"], "3"),
        ({"resourceVersion": "5", "resourceVersionMatch": "Exact"}, ["a", "b"], "5"),
        ({"resourceVersion": "3", "limit": "9"}, ["a"], "3"),
        ({"resourceVersion": "0", "limit": "9"}, ["a", "b"], "5"),
        ({"resourceVersion": "3", "limit": "9", "resourceVersionMatch": "NotOlderThan"}, ["a", "b"], "5"),
    ],
)
def test_a_list_is_as_old_as_it_may_be(two: ApiBench, params: dict[str, str], names: list[str], revision: str) -> None:
    """Source: kubernetes.io, API concepts, "Semantics for get and list", the table."""
    answer = read(two, **params)

    assert [item["metadata"]["name"] for item in answer.body["items"]] == names
    assert answer.body["metadata"]["resourceVersion"] == revision


@pytest.mark.parametrize("revision", ["", "0", "3", "5"])
def test_a_get_is_never_older_than_it_is(two: ApiBench, revision: str) -> None:
    """Source: kubernetes.io, API concepts, "Semantics for get and list": not older than."""
    changed = two.patch("ConfigMap", "a", {"data": {"color": "blue"}})

    assert read(two, "get", resourceVersion=revision).body == changed


@pytest.mark.parametrize(
    ("verb", "params", "problems"),
    [
        ("list", {"resourceVersionMatch": "Exact"}, [FORBIDDEN + "unless resourceVersion is provided"]),
        ("list", {"resourceVersionMatch": "Exact", "resourceVersion": "0"},
         [FORBIDDEN.replace("is forbidden ", '"exact" is forbidden for resourceVersion "0"')]),
        ("list", {"resourceVersionMatch": "Newest", "resourceVersion": "3"},
         ['resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""']),
        ("list", {"resourceVersionMatch": "Exact", "resourceVersion": "3", "continue": "x"},
         [FORBIDDEN + "when continue is provided"]),
        ("list", {"sendInitialEvents": "true"}, [NOT_LISTED]),
        ("deletecollection", {"resourceVersionMatch": "Exact"}, [FORBIDDEN + "unless resourceVersion is provided"]),
        ("watch", {"resourceVersionMatch": "NotOlderThan"},
         [FORBIDDEN + "for watch unless sendInitialEvents is provided"]),
        ("watch", {"sendInitialEvents": "true"},
         ["resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"]),
        ("watch", {"sendInitialEvents": "true", "resourceVersionMatch": "Exact"},
         ["resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
          'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"']),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(
    two: ApiBench, verb: str, params: dict[str, str], problems: list[str]
) -> None:
    """Source: apimachinery/pkg/apis/meta/internalversion/validation/validation.go, ValidateListOptions."""
    answer = read(two, verb, **params)

    shown = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
    assert (answer.code, answer.body["message"]) == (422, f'ListOptions.meta.k8s.io "" is invalid: {shown}')


def test_a_page_has_the_version_of_its_token(two: ApiBench) -> None:
    """Source: apiserver/pkg/storage/interfaces.go, ValidateListOptions."""
    token = read(two, limit="1").body["metadata"]["continue"]

    answer = read(two, **{"continue": token, "resourceVersion": "3"})

    text = "specifying resource version is not allowed when using continue"
    assert (answer.code, answer.body["message"]) == (400, text)
    assert read(two, **{"continue": token, "resourceVersion": "0"}).code == 200


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["ADDED a", "ADDED b"]),
        ({"resourceVersion": "3"}, ["ADDED b"]),
        (WATCH, ["ADDED a", "ADDED b", "BOOKMARK"]),
        ({**WATCH, "resourceVersion": "3"}, ["ADDED a", "ADDED b", "BOOKMARK"]),
        ({**WATCH, "resourceVersion": "0"}, ["ADDED a", "ADDED b", "BOOKMARK"]),
        ({**WATCH, "labelSelector": "a=b"}, ["BOOKMARK"]),
        ({**WATCH, "allowWatchBookmarks": "false"}, ["ADDED a", "ADDED b"]),
        ({**WATCH, "sendInitialEvents": "false"}, []),
        ({**WATCH, "sendInitialEvents": "false", "resourceVersion": "3"}, ["ADDED b"]),
    ],
)
def test_a_watch_begins_as_it_is_asked_to(two: ApiBench, params: dict[str, str], expected: list[str]) -> None:
    """Source: kubernetes.io, API concepts, "Semantics for watch" and "Streaming lists"."""
    stream = read(two, "watch", **params).stream
    assert stream is not None

    events = stream.pull()

    assert [f"{event.type} {event.object['metadata'].get('name', '')}".strip() for event in events] == expected
    two.given(sample("ConfigMap", "c", labels={"a": "b"}))
    assert told(stream) == ["ADDED c"]


def test_a_watch_of_a_revision_that_is_not_there_yet_is_refused(two: ApiBench) -> None:
    """Source: apiserver/pkg/storage/errors.go, NewTooLargeResourceVersionError."""
    answer = read(two, "watch", **{**WATCH, "resourceVersion": "99"})

    assert (answer.code, answer.body["reason"]) == (504, "Timeout")
    assert answer.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
