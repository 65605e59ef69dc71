"""Tokens of service accounts: what is in them, and what they are worth.

Source: pkg/registry/core/serviceaccount/storage/token.go; pkg/serviceaccount/claims.go;
kubernetes.io, "Managing Service Accounts", "Bound service account tokens".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

from k8slab.wire import Response

API = "https://kubernetes.default.svc.cluster.local"
ELSEWHERE = base64.urlsafe_b64encode(b'{"iss": "https://elsewhere.example"}').decode()
BORN = 1767225600  # 2026-01-01T00:00:00Z
HOUR_S = 3600


def ask(api: ApiBench, account: str = "robot", bound: Obj | None = None, **spec: Any) -> Response:
    """Ask for a token."""
    given = {**spec, **({"boundObjectRef": bound} if bound else {})}
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": given}
    return api.send("create", "ServiceAccount", account, subresource="token", body=body)


def token(api: ApiBench, **spec: Any) -> str:
    """A token of the account robot."""
    found: str = ask(api, **spec).body["status"]["token"]
    return found


def review(api: ApiBench, token: str, *audiences: str) -> Obj:
    """What the server says of a token."""
    spec = {"token": token, **({"audiences": list(audiences)} if audiences else {})}
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
    answer = api.request("create", "tokenreviews", "authentication.k8s.io", body=body)
    assert answer.code == 201
    status: Obj = answer.body["status"]
    return status


def claims(token: str) -> Obj:
    """The middle of a token."""
    read: Obj = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return read


def given_robot(api: ApiBench) -> Obj:
    """An account, and what a token may be bound to; answers the account."""
    pod = sample("Pod", spec={**sample("Pod")["spec"], "serviceAccountName": "robot"})
    account: Obj = api.given(sample("ServiceAccount", "robot"))
    api.given(sample("Node", "node-1"), sample("Secret"))
    api.client.bind(api.given(pod), "node-1")
    return account


def of(kind: str, name: str = "web", **more: str) -> Obj:
    """What a token is to be bound to."""
    return {"apiVersion": "v1", "kind": kind, "name": name, **more}


def uid(api: ApiBench, kind: str, name: str = "web") -> str:
    found: str = api.client.get(kind, name, "" if kind == "Node" else "default")["metadata"]["uid"]
    return found


def test_a_token_request_is_answered_filled_in(api: ApiBench) -> None:
    account = given_robot(api)

    body = ask(api).body

    assert claims(body["status"].pop("token"))["exp"] == BORN + HOUR_S
    fields = {name: account["metadata"][name] for name in ("name", "namespace", "uid")}
    assert body == {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {**fields, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"audiences": [API], "expirationSeconds": HOUR_S, "boundObjectRef": None},
        "status": {"expirationTimestamp": "2026-01-01T01:00:00Z"},
    }


@pytest.mark.parametrize("kind", ["", "Pod", "Secret", "Node"])
def test_the_claims_of_a_token(api: ApiBench, kind: str) -> None:
    account = given_robot(api)
    name = "node-1" if kind == "Node" else "web"

    found = claims(token(api, bound=of(kind, name) if kind else None, expirationSeconds=600, audiences=["vault"]))

    bound = {kind.lower(): {"name": name, "uid": uid(api, kind, name)}} if kind else {}
    bound |= {"node": {"name": "node-1", "uid": uid(api, "Node", "node-1")}} if kind == "Pod" else {}
    assert len(found.pop("jti")) == 36
    assert found == {
        "aud": ["vault"],
        "exp": BORN + 600,
        "iat": BORN,
        "iss": API,
        "kubernetes.io": {
            "namespace": "default",
            "serviceaccount": {"name": "robot", "uid": account["metadata"]["uid"]},
            **bound,
        },
        "nbf": BORN,
        "sub": "system:serviceaccount:default:robot",
    }


def test_a_kubelets_token_lasts_a_year_and_warns_after_an_hour(api: ApiBench) -> None:
    """Source: token.go, WarnOnlyBoundTokenExpirationSeconds, ExpirationExtensionSeconds."""
    given_robot(api)

    answer = ask(api, bound=of("Pod"), expirationSeconds=3607)

    found = claims(answer.body["status"]["token"])
    assert (found["exp"], found["kubernetes.io"]["warnafter"]) == (BORN + 365 * 24 * HOUR_S, BORN + 3607)
    assert answer.body["status"]["expirationTimestamp"] == "2026-01-01T01:00:07Z"


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ({"expirationSeconds": 599}, 422, 'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: '
         "Invalid value: 599: may not specify a duration less than 10 minutes"),
        ({"expirationSeconds": 2**32 + 1}, 422, 'TokenRequest.authentication.k8s.io "" is invalid: '
         "spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds"),
        ({"bound": of("Pod", "ghost")}, 404, 'pods "ghost" not found'),
        ({"bound": of("ConfigMap")}, 400, "cannot bind token to object of type /v1, Kind=ConfigMap"),
        ({"bound": {**of("Pod"), "apiVersion": "apps/v1"}}, 400,
         "cannot bind token to object of type apps/v1, Kind=Pod"),
        ({"bound": of("Pod", "other")}, 400, 'cannot bind token for serviceaccount "robot" to pod running with '
         "different serviceaccount name."),
        ({"bound": of("Pod", uid="7")}, 409, 'Operation cannot be fulfilled on Pod "web": the UID in the bound object '
         "reference (7) does not match the UID in record. The object might have been deleted and then recreated"),
        ({"account": "ghost"}, 404, 'serviceaccounts "ghost" not found'),
    ],
)  # fmt: skip
def test_a_token_that_is_not_given(api: ApiBench, spec: Obj, code: int, message: str) -> None:
    given_robot(api)
    api.given(sample("Pod", "other"))

    answer = ask(api, **spec)

    assert (answer.code, answer.body["message"]) == (code, message)


def test_a_good_token_tells_who_comes(api: ApiBench) -> None:
    """Source: pkg/registry/authentication/tokenreview/storage.go; serviceaccount/util.go, UserInfo."""
    account = given_robot(api)
    good = token(api, bound=of("Pod"))

    status = review(api, good)

    extra = {
        "credential-id": f"JTI={claims(good)['jti']}",
        "node-name": "node-1",
        "node-uid": uid(api, "Node", "node-1"),
        "pod-name": "web",
        "pod-uid": uid(api, "Pod"),
    }
    assert status == {
        "authenticated": True,
        "user": {
            "username": "system:serviceaccount:default:robot",
            "uid": account["metadata"]["uid"],
            "groups": ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
            "extra": {f"authentication.kubernetes.io/{name}": [value] for name, value in extra.items()},
        },
        "audiences": [API],
    }


@pytest.mark.parametrize(
    ("told", "asked", "audiences"),
    [
        (["vault", "bank"], ["bank", "shop"], ["bank"]),
        (["vault"], ["shop", "bank"], None),
        (["vault"], [], None),
        ([API, "vault"], [], [API]),
    ],
)
def test_a_token_is_good_for_its_audiences(
    api: ApiBench, told: list[str], asked: list[str], audiences: list[str] | None
) -> None:
    given_robot(api)

    status = review(api, token(api, audiences=told), *asked)

    listed, wanted = (" ".join(f'"{each}"' for each in names) for names in (told, asked or [API]))
    problem = f"token audiences [{listed}] is invalid for the target audiences [{wanted}]"
    assert status.get("audiences") == audiences
    assert status.get("error") == (None if audiences else f"[invalid bearer token, {problem}]")


def wait(api: ApiBench) -> None:
    api.loop.run_until(api.loop.now + HOUR_S + 61)


def drop(kind: str, name: str = "web") -> Callable[[ApiBench], None]:
    def change(api: ApiBench) -> None:
        api.client.delete(kind, name, "" if kind == "Node" else "default", grace_s=0 if kind == "Pod" else None)

    return change


def replace(kind: str, name: str = "web") -> Callable[[ApiBench], None]:
    def change(api: ApiBench) -> None:
        drop(kind, name)(api)
        api.given(sample(kind, name))

    return change


@pytest.mark.parametrize(
    ("bound", "change", "problem"),
    [
        (None, wait, "service account token has expired"),
        (None, drop("ServiceAccount", "robot"), 'serviceaccounts "robot" not found'),
        (None, replace("ServiceAccount", "robot"), "service account UID (NEW) does not match claim (OLD)"),
        (of("Pod"), drop("Pod"), "service account token has been invalidated"),
        (of("Pod"), replace("Pod"), "pod UID (NEW) does not match service account pod ref claim (OLD)"),
        (of("Secret"), drop("Secret"), "service account token has been invalidated"),
        (of("Secret"), replace("Secret"), "secret UID (NEW) does not match service account secret ref claim (OLD)"),
        (of("Node", "node-1"), drop("Node", "node-1"), "service account token has been invalidated"),
        (of("Pod"), drop("Secret"), ""),
        (of("Pod"), drop("Node", "node-1"), ""),
    ],
)
def test_what_ends_a_token(api: ApiBench, bound: Obj | None, change: Callable[[ApiBench], None], problem: str) -> None:
    """Source: claims.go, Validate."""
    given_robot(api)
    good = token(api, bound=bound)
    kind, name = (bound["kind"], bound["name"]) if bound else ("ServiceAccount", "robot")
    old = uid(api, kind, name)

    change(api)

    status = review(api, good)
    told = problem.replace("OLD", old).replace("NEW", uid(api, kind, name) if "NEW" in problem else "")
    assert status.get("error") == (f"[invalid bearer token, {told}]" if told else None)
    assert status.get("authenticated", False) == (not problem)


def test_a_token_may_be_a_minute_late(api: ApiBench) -> None:
    """Source: go-jose/v4/jwt, DefaultLeeway."""
    given_robot(api)
    good = token(api)

    api.loop.run_until(api.loop.now + HOUR_S + 59)

    assert review(api, good)["authenticated"]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda good: "x", ""),
        (lambda good: "a.b.c", ""),
        (lambda good: f"a.{ELSEWHERE}.c", ""),
        (lambda good: good.rpartition(".")[0], ""),
        (lambda good: good[:-3] + ("AAA" if good[-3:] != "AAA" else "BBB"),
         "go-jose/go-jose: error in cryptographic primitive"),
    ],
)  # fmt: skip
def test_a_token_of_nobodys_making(api: ApiBench, spoil: Callable[[str], str], problem: str) -> None:
    given_robot(api)

    status = review(api, spoil(token(api)))

    text = f"[invalid bearer token, {problem}]" if problem else "invalid bearer token"
    assert status == {"user": {}, "error": text}


def test_a_review_needs_a_token(api: ApiBench) -> None:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": ""}}

    answer = api.request("create", "tokenreviews", "authentication.k8s.io", body=body)

    assert (answer.code, answer.body["message"]) == (400, "token is required for TokenReview in authentication")


def test_the_same_history_makes_the_same_token(api: ApiBench) -> None:
    twin = ApiBench()
    given_robot(api)
    given_robot(twin)

    assert token(api) == token(twin) != token(api, expirationSeconds=700)
