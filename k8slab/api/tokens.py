"""Tokens of service accounts: asked for (TokenRequest) and looked at (TokenReview).

A token is a JWT whose claims are the real ones: whose it is, for whom, until when, and the object that it ends with.

Source    pkg/registry/core/serviceaccount/storage/token.go; pkg/serviceaccount/{claims,jwt}.go;
          pkg/registry/authentication/tokenreview/storage.go; pkg/apis/authentication/validation/validation.go
Left out  keys: a token is signed with a secret that follows from the cluster's seed (HS256, not RS256), so that the
          same history makes the same tokens; requests are not authenticated by tokens; tokens bound to webhooks
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from k8slab.api.admission.attempt import Cluster
from k8slab.api.authorization.identity import user_of
from k8slab.api.kinds import Kind
from k8slab.clock import Loop
from k8slab.objects import parse_rfc3339, rfc3339
from k8slab.schema import decode
from k8slab.wire import BadRequest, Conflict, FieldError, NotFound, Request, Response, invalid

__all__ = ["Tokens"]

Obj = dict[str, Any]

GROUP = "authentication.k8s.io"
ISSUER = "https://kubernetes.default.svc.cluster.local"
LASTS_S, LEAST_S, MOST_S = 3600, 600, 1 << 32
KUBELET_LASTS_S, YEAR_S = 3607, 365 * 24 * 3600  # a kubelet's token warns when it is old, and lasts a year
LEEWAY_S = 60.0
EXTRA = "authentication.kubernetes.io"
PLURAL = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


class Invalidated(Exception):
    """Why a token is worth nothing (any more)."""


class Tokens:
    """Makes tokens and tells what they are worth."""

    def __init__(self, cluster: Cluster, loop: Loop) -> None:
        self._cluster = cluster
        self._loop = loop
        self._key = hashlib.sha256(f"service account key of seed {loop.seed}".encode()).digest()

    def issue(self, request: Request, account: Obj) -> Response:
        """Answer a TokenRequest about a service account. Raises BadRequest, Conflict, Invalid, NotFound."""
        body = decode(request.body, f"{GROUP}/v1", "TokenRequest", "Ignore").obj
        given = body.get("spec") or {}
        lasts_s: int = given.get("expirationSeconds") or LASTS_S
        _check(lasts_s)
        spec: Obj = {
            "audiences": given.get("audiences") or [ISSUER],
            "expirationSeconds": lasts_s,
            "boundObjectRef": given.get("boundObjectRef"),
        }
        bound = self._bound(account, spec["boundObjectRef"])
        metadata = {name: account["metadata"][name] for name in ("name", "namespace", "uid")}
        answer = {
            "kind": "TokenRequest",
            "apiVersion": f"{GROUP}/v1",
            "metadata": {**metadata, "creationTimestamp": rfc3339(self._loop.now)},
            "spec": spec,
        }
        token = self._signed(_claims(metadata, spec, bound, int(self._loop.now)))
        ends_at = rfc3339(self._loop.now + lasts_s)
        return Response(201, {**answer, "status": {"token": token, "expirationTimestamp": ends_at}})

    def review(self, kind: Kind, request: Request) -> Response:
        """Answer a TokenReview. Raises BadRequest."""
        body = decode(request.body, kind.api_version, kind.kind, "Ignore").obj
        spec = body.get("spec") or {}
        if not spec.get("token"):
            raise BadRequest("token is required for TokenReview in authentication")
        try:
            status = self._status(spec["token"], spec.get("audiences") or [ISSUER])
        except Invalidated as problem:
            text = "invalid bearer token"
            status = {"user": {}, "error": f"[{text}, {problem}]" if str(problem) else text}
        metadata = dict(body.get("metadata") or {})
        return Response(201, {**body, "metadata": metadata, "spec": spec, "status": status})

    def _bound(self, account: Obj, reference: Obj | None) -> dict[str, Obj]:
        """The objects that the token belongs to, by the names that its claims have for them."""
        if reference is None:
            return {}
        kind, name, version = reference.get("kind", ""), reference.get("name", ""), reference.get("apiVersion", "")
        if kind not in PLURAL or "/" in version:
            shown = version if "/" in version else f"/{version}"
            raise BadRequest(f"cannot bind token to object of type {shown}, Kind={kind}")
        found = self._cluster.get(kind, name, "" if kind == "Node" else account["metadata"]["namespace"])
        if found is None:
            raise NotFound(f'{PLURAL[kind]} "{name}" not found', {"name": name, "kind": PLURAL[kind]})
        if kind == "Pod" and found["spec"].get("serviceAccountName") != account["metadata"]["name"]:
            text = f'serviceaccount "{account["metadata"]["name"]}" to pod running with different serviceaccount name.'
            raise BadRequest(f"cannot bind token for {text}")
        if reference.get("uid") and reference["uid"] != found["metadata"]["uid"]:
            text = f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record. "
            text += "The object might have been deleted and then recreated"
            text = f'Operation cannot be fulfilled on {kind} "{name}": {text}'
            raise Conflict(text, {"name": name, "kind": kind})
        bound = {kind.lower(): _reference(found)}
        if kind == "Pod" and (node := found["spec"].get("nodeName")):
            bound["node"] = _reference(self._cluster.get("Node", node) or {"metadata": {"name": node}})
        return bound

    def _signed(self, claims: Obj) -> str:
        unsigned = f"{_encoded({'alg': 'HS256', 'kid': 'k8slab'})}.{_encoded(claims)}"
        return f"{unsigned}.{self._signature(unsigned)}"

    def _signature(self, unsigned: str) -> str:
        return _text(hmac.new(self._key, unsigned.encode(), hashlib.sha256).digest())

    def _status(self, token: str, wanted: list[str]) -> Obj:
        """Who comes with the token, and for whom it is good. Raises Invalidated."""
        claims = self._read(token)
        audiences = [each for each in claims["aud"] if each in wanted]
        if not audiences:
            told, asked = (" ".join(f'"{each}"' for each in names) for names in (claims["aud"], wanted))
            raise Invalidated(f"token audiences [{told}] is invalid for the target audiences [{asked}]")
        if self._loop.now - LEEWAY_S > claims["exp"]:
            raise Invalidated("service account token has expired")
        mine = claims["kubernetes.io"]
        self._check_alive(mine)
        groups = user_of(claims["sub"]).groups
        extra = {"credential-id": [f"JTI={claims['jti']}"]}
        for name in ("node", "pod"):
            extra |= {f"{name}-{field}": [value] for field, value in (mine.get(name) or {}).items()}
        user = {"username": claims["sub"], "uid": mine["serviceaccount"]["uid"], "groups": list(groups),
                "extra": {f"{EXTRA}/{name}": extra[name] for name in sorted(extra)}}  # fmt: skip
        return {"authenticated": True, "user": user, "audiences": audiences}

    def _read(self, token: str) -> Obj:
        unsigned, dot, signature = token.rpartition(".")
        try:
            claims: Any = json.loads(base64.urlsafe_b64decode(unsigned.partition(".")[2] + "==")) if dot else None
        except ValueError:
            claims = None
        if not isinstance(claims, dict) or claims.get("iss") != ISSUER:
            raise Invalidated
        if not hmac.compare_digest(signature.encode(), self._signature(unsigned).encode()):
            raise Invalidated("go-jose/go-jose: error in cryptographic primitive")
        return claims

    def _check_alive(self, claims: Obj) -> None:
        """Raises Invalidated when the account, or what the token is bound to, is gone or another one."""
        namespace, account = claims["namespace"], claims["serviceaccount"]
        found = self._cluster.get("ServiceAccount", account["name"], namespace)
        if found is None:
            raise Invalidated(f'serviceaccounts "{account["name"]}" not found')
        if found["metadata"]["uid"] != account["uid"]:
            uid = found["metadata"]["uid"]
            raise Invalidated(f"service account UID ({uid}) does not match claim ({account['uid']})")
        kind = next((each for each in ("Secret", "Pod", "Node") if each.lower() in claims), "")
        if not kind:
            return
        bound = claims[kind.lower()]
        held = self._cluster.get(kind, bound["name"], "" if kind == "Node" else namespace)
        if held is None or self._is_long_gone(held):
            raise Invalidated("service account token has been invalidated")
        if held["metadata"]["uid"] != bound["uid"]:
            word, uid = kind.lower(), held["metadata"]["uid"]
            text = f"{word} UID ({uid}) does not match service account {word} ref claim ({bound['uid']})"
            raise Invalidated(text)

    def _is_long_gone(self, obj: Obj) -> bool:
        since = obj["metadata"].get("deletionTimestamp")
        return since is not None and parse_rfc3339(since) < self._loop.now - LEEWAY_S


def _check(lasts_s: int) -> None:
    problem = "less than 10 minutes" if lasts_s < LEAST_S else "larger than 2^32 seconds" if lasts_s > MOST_S else ""
    if problem:
        text = f"may not specify a duration {problem}"
        error = FieldError("FieldValueInvalid", "spec.expirationSeconds", text, lasts_s)
        raise invalid("TokenRequest", GROUP, "", [error])


def _claims(account: Obj, spec: Obj, bound: dict[str, Obj], now: int) -> Obj:
    lasts_s = spec["expirationSeconds"]
    mine = {"namespace": account["namespace"],
            "serviceaccount": {"name": account["name"], "uid": account["uid"]}, **bound}  # fmt: skip
    if lasts_s == KUBELET_LASTS_S and "pod" in bound and set(spec["audiences"]) <= {ISSUER}:
        mine["warnafter"], lasts_s = now + lasts_s, YEAR_S
    claims = {
        "aud": spec["audiences"],
        "exp": now + lasts_s,
        "iat": now,
        "iss": ISSUER,
        "kubernetes.io": mine,
        "nbf": now,
        "sub": f"system:serviceaccount:{account['namespace']}:{account['name']}",
    }
    digest = hashlib.sha256(_encoded(claims).encode()).hexdigest()
    return {**claims, "jti": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"}


def _reference(obj: Obj) -> Obj:
    return {name: obj["metadata"][name] for name in ("name", "uid") if name in obj["metadata"]}


def _encoded(part: Obj) -> str:
    return _text(json.dumps(part, sort_keys=True, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
