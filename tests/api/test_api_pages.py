"""Lists in pages, and lists of the past."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

import pytest
from api_bench import ApiBench, Obj, refused, sample

INCONSISTENT = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


def names(items: Iterable[Obj]) -> list[str]:
    return [item["metadata"]["name"] for item in items]


@pytest.fixture
def five(api: ApiBench) -> ApiBench:
    """Five ConfigMaps a … e."""
    api.given(*(sample("ConfigMap", name) for name in "dbeac"))
    return api


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_pages_make_the_whole_list(five: ApiBench, limit: int) -> None:
    """Source: kubernetes.io, API concepts, "Retrieving large results sets in chunks"."""
    pages = [five.client.list("ConfigMap", "default", limit=limit)]
    while pages[-1].continue_token:
        pages.append(five.client.list("ConfigMap", "default", limit=limit, continue_=pages[-1].continue_token))

    assert names([item for page in pages for item in page]) == list("abcde")
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert [page.remaining for page in pages] == [5 - limit * (i + 1) for i in range(len(pages) - 1)] + [0]
    assert len({page.resource_version for page in pages}) == 1


def test_a_page_with_a_selector_does_not_say_how_many_are_left(five: ApiBench) -> None:
    """Source: metav1.ListMeta, remainingItemCount."""
    answer = five.send("list", "ConfigMap", params={"limit": "1", "fieldSelector": "metadata.name!=a"})

    assert names(answer.body["items"]) == ["b"]
    assert set(answer.body["metadata"]) == {"resourceVersion", "continue"}


def test_later_pages_show_the_moment_of_the_first(five: ApiBench) -> None:
    first = five.client.list("ConfigMap", "default", limit=2)
    five.client.delete("ConfigMap", "c", "default")
    five.patch("ConfigMap", "d", {"data": {"color": "blue"}})
    five.given(sample("ConfigMap", "bb"))

    rest = five.client.list("ConfigMap", "default", limit=9, continue_=first.continue_token)

    assert names(rest) == ["c", "d", "e"] and rest[1]["data"] == {"color": "red"}
    assert rest.resource_version == first.resource_version


def test_a_page_that_is_too_old_is_refused_with_a_way_on(five: ApiBench) -> None:
    """Source: apiserver/pkg/storage/etcd3/errors.go, handleCompactedErrorForPaging."""
    token = five.client.list("ConfigMap", "default", limit=2).continue_token
    five.given(sample("ConfigMap", "f"))
    five.api.compact(five.revision)

    answer = five.send("list", "ConfigMap", params={"continue": token})

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (410, "Expired", INCONSISTENT)
    rest = five.client.list("ConfigMap", "default", continue_=answer.body["metadata"]["continue"])
    assert names(rest) == ["c", "d", "e", "f"]


def test_a_continue_token_is_the_real_servers(five: ApiBench) -> None:
    """Source: apiserver/pkg/storage/continue.go, EncodeContinue."""
    revision = five.revision
    token = five.client.list("ConfigMap", "default", limit=2).continue_token

    fields = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))

    assert fields == {"v": "meta.k8s.io/v1", "rv": revision, "start": "b\u0000"}


@pytest.mark.parametrize("token", ["%%%", "abc", "WzFd", "bnVsbA"])
def test_a_token_that_is_no_token_is_refused(five: ApiBench, token: str) -> None:
    code, reason, message = refused(five.client.list, "ConfigMap", "default", continue_=token)

    assert (code, reason) == (400, "BadRequest") and message.startswith(
        "invalid continue token: continue key is not valid: "
    )


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"v": "meta.k8s.io/v1", "start": "b"}, "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
        ({"v": "meta.k8s.io/v1", "rv": 3, "start": ""}, "encoded start key empty (version meta.k8s.io/v1)"),
        ({"v": "meta.k8s.io/v1", "rv": 3, "start": "../pods"}, "../pods"),
        ({"v": "v9", "rv": 3, "start": "b"}, "server does not recognize this encoded version v9"),
    ],
)
def test_a_made_up_token_is_refused(five: ApiBench, fields: dict[str, object], problem: str) -> None:
    """Source: apiserver/pkg/storage/continue.go, DecodeContinue."""
    token = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    error = refused(five.client.list, "ConfigMap", "default", continue_=token)

    assert error == (400, "BadRequest", f"invalid continue token: continue key is not valid: {problem}")


def test_a_list_of_the_past_shows_the_past(five: ApiBench) -> None:
    """Source: kubernetes.io, API concepts, "Semantics for get and list": resourceVersionMatch=Exact."""
    then = str(five.revision)
    five.client.delete("ConfigMap", "a", "default")
    five.patch("ConfigMap", "b", {"data": {"color": "blue"}})

    past = five.client.list("ConfigMap", "default", resource_version=then)

    assert names(past) == list("abcde") and past[1]["data"] == {"color": "red"}
    assert past.resource_version == then


def test_a_list_of_a_past_that_is_gone_is_expired(five: ApiBench) -> None:
    """Source: apiserver/pkg/storage/etcd3/errors.go, interpretListError."""
    five.api.compact(five.revision)

    error = refused(five.client.list, "ConfigMap", resource_version="2")

    assert error == (410, "Expired", "The resourceVersion for the provided list is too old.")


@pytest.mark.parametrize("verb", ["list", "get"])
def test_the_future_is_not_known_yet(five: ApiBench, verb: str) -> None:
    """Source: apiserver/pkg/storage/errors.go, NewTooLargeResourceVersionError."""
    answer = five.send(verb, "ConfigMap", "a" if verb == "get" else "", params={"resourceVersion": "999"})

    assert (answer.code, answer.body["reason"]) == (504, "Timeout")
    assert answer.body["message"] == f"Timeout: Too large resource version: 999, current: {five.revision}"
    assert answer.body["details"] == {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
