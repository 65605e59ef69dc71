"""Webhooks: who is asked, in which order, and what a failure means.

Source: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook; kubernetes.io, "Dynamic Admission Control".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api_bench import ApiBench, Obj, refused, sample

from k8slab.api.admission import Review, Webhooks

Call = Callable[[Review], Any]


def webhooks(api: ApiBench) -> Webhooks:
    return api.api.webhooks


def labels(**given: str) -> Call:
    """A mutating webhook that adds labels."""

    def call(review: Review) -> Obj:
        assert review.object is not None
        review.object["metadata"].setdefault("labels", {}).update(given)
        return review.object

    return call


def fails(review: Review) -> Any:
    raise TimeoutError("nobody answers")


def noted(reviews: list[Review]) -> Call:
    """A webhook that only listens."""

    def call(review: Review) -> None:
        reviews.append(review)

    return call


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (None, 201, ""),
        (True, 201, ""),
        ("no shoes", 403, 'admission webhook "doorman" denied the request: no shoes'),
        ("", 403, 'admission webhook "doorman" denied the request without explanation'),
        (False, 403, 'admission webhook "doorman" denied the request without explanation'),
    ],
)
def test_a_validating_webhook_lets_pass_or_refuses(api: ApiBench, answer: Any, code: int, told: str) -> None:
    """Source: errors/statuserror.go, ToStatusErr."""
    webhooks(api).register("doorman", lambda review: answer, ["Pod"])

    response = api.send("create", "Pod", body=sample("Pod"))

    assert (response.code, response.body.get("message", "")) == (code, told)
    assert len(api.client.list("Pod")) == (code == 201)


@pytest.mark.parametrize("mutating", [True, False])
def test_a_failure_counts_as_a_no_unless_it_is_to_be_ignored(api: ApiBench, mutating: bool) -> None:
    """Source: "Failure policy"; validating/dispatcher.go."""
    webhooks(api).register("doorman", fails, ["Pod"], mutating=mutating)
    error = refused(api.client.create, sample("Pod"))

    webhooks(api).register("doorman", fails, ["Pod"], mutating=mutating, failure_policy="Ignore")

    text = 'failed calling webhook "doorman": failed to call webhook: TimeoutError: nobody answers'
    assert error == (500, "InternalError", f"Internal error occurred: {text}")
    assert api.given(sample("Pod"))["metadata"]["uid"]


@pytest.mark.parametrize(
    ("kinds", "operations", "asked"),
    [
        (["Pod"], ["CREATE", "UPDATE", "DELETE"], ["CREATE Pod", "UPDATE Pod", "DELETE Pod"]),
        (["Pod"], ["DELETE"], ["DELETE Pod"]),
        (["ConfigMap"], ["CREATE"], ["CREATE ConfigMap"]),
        (["*"], ["CREATE"], ["CREATE Pod", "CREATE ConfigMap"]),
        (["Secret"], ["CREATE"], []),
    ],
)
def test_a_webhook_is_asked_for_its_kinds_and_operations(
    api: ApiBench, kinds: list[str], operations: list[str], asked: list[str]
) -> None:
    """Source: "Matching requests: rules"."""
    reviews: list[Review] = []
    webhooks(api).register("ear", noted(reviews), kinds, operations=operations)

    api.given(sample("Pod"), sample("ConfigMap"))
    api.patch("Pod", "web", {"metadata": {"labels": {"a": "b"}}})
    api.client.delete("Pod", "web", "default")

    assert [f"{review.operation} {review.kind}" for review in reviews] == asked


def test_a_webhook_sees_the_object_before_and_after(api: ApiBench) -> None:
    reviews: list[Review] = []
    api.given(sample("ConfigMap"))
    webhooks(api).register("ear", noted(reviews), ["ConfigMap"], operations=["CREATE", "UPDATE", "DELETE"])

    api.patch("ConfigMap", "web", {"data": {"color": "blue"}})
    api.client.delete("ConfigMap", "web", "default")

    update, delete = reviews
    assert update.old_object and update.object and delete.old_object and delete.object is None
    assert (update.old_object["data"], update.object["data"]) == ({"color": "red"}, {"color": "blue"})
    assert (delete.old_object["data"], delete.user, delete.namespace, delete.name) == (
        {"color": "blue"}, "alice", "default", "web")  # fmt: skip


def test_mutating_webhooks_work_in_the_order_of_their_names(api: ApiBench) -> None:
    """Source: mutating/dispatcher.go: one after the other, each sees what those before it made."""
    webhooks(api).register("b", labels(color="blue", last="b"), ["Pod"], mutating=True)
    webhooks(api).register("a", labels(color="red", first="a"), ["Pod"], mutating=True)

    created = api.given(sample("Pod"))

    assert created["metadata"]["labels"] == {"color": "blue", "last": "b", "first": "a"}


def test_what_a_webhook_makes_is_defaulted_checked_and_judged(api: ApiBench) -> None:
    """Source: "Phases": mutation, then validation by the schema, then the validating webhooks."""
    reviews: list[Review] = []

    def sidecar(review: Review) -> Obj:
        assert review.object is not None
        review.object["spec"]["containers"].append({"name": "extra", "image": "proxy"})
        return review.object

    webhooks(api).register("sidecar", sidecar, ["Pod"], mutating=True)
    webhooks(api).register("ear", noted(reviews), ["Pod"])

    created = api.given(sample("Pod"))

    extra = created["spec"]["containers"][1]
    assert (extra["image"], extra["imagePullPolicy"]) == ("proxy", "Always")
    assert reviews[0].object and reviews[0].object["spec"]["containers"][1]["name"] == "extra"


def test_a_webhook_that_makes_an_object_bad_has_it_refused(api: ApiBench) -> None:
    webhooks(api).register("bad", labels(**{"not a label": "x"}), ["Pod"], mutating=True)

    assert refused(api.client.create, sample("Pod"))[:2] == (422, "Invalid")


def test_a_webhook_changes_no_identity_and_nothing_by_accident(api: ApiBench) -> None:
    def rename(review: Review) -> Obj:
        assert review.object is not None
        review.object["metadata"]["name"] = "other"
        return review.object

    def scribble(review: Review) -> None:
        assert review.object is not None
        review.object["data"]["color"] = "none"

    webhooks(api).register("rename", rename, ["ConfigMap"], mutating=True)
    webhooks(api).register("scribble", scribble, ["ConfigMap"], mutating=True)

    created = api.given(sample("ConfigMap"))

    assert (created["metadata"]["name"], created["data"]) == ("web", {"color": "red"})


@pytest.mark.parametrize(
    ("reinvocation", "others", "calls"),
    [
        ("Never", {"color": "blue"}, 1),
        ("IfNeeded", {"color": "blue"}, 2),
        ("IfNeeded", {}, 1),
        ("IfNeeded", {"first": "1"}, 1),
    ],
)
def test_a_webhook_may_be_asked_again_when_others_came_after_it(
    api: ApiBench, reinvocation: str, others: dict[str, str], calls: int
) -> None:
    """Source: "Reinvocation policy": once more, and only if the object is another than the one it left."""
    seen: list[Review] = []

    def first(review: Review) -> Any:
        seen.append(review)
        return labels(first="1")(review)

    webhooks(api).register("a", first, ["Pod"], mutating=True, reinvocation=reinvocation)
    webhooks(api).register("b", labels(**others), ["Pod"], mutating=True, reinvocation="IfNeeded")

    api.given(sample("Pod"))

    assert len(seen) == calls


@pytest.mark.parametrize("wrong", [{"failure_policy": "Maybe"}, {"reinvocation": "Often"}])
def test_an_unknown_policy_is_an_error_at_once(api: ApiBench, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must be"):
        webhooks(api).register("a", fails, ["Pod"], **wrong)  # type: ignore[arg-type]


def test_a_webhook_that_is_removed_is_asked_no_more(api: ApiBench) -> None:
    webhooks(api).register("doorman", fails, ["Pod"])
    webhooks(api).remove("doorman")

    assert api.given(sample("Pod"))["metadata"]["uid"]


def test_a_dry_run_is_told_to_the_webhook(api: ApiBench) -> None:
    """Source: "Side effects": dryRun in the review."""
    reviews: list[Review] = []
    webhooks(api).register("ear", noted(reviews), ["Pod"])

    api.client.create(sample("Pod"), dry_run=True)

    assert [review.is_dry_run for review in reviews] == [True]
