"""Who is asking: by the certificate of the connection, by a token, or nobody.

Source    staging/src/k8s.io/apiserver/pkg/authentication/request/{x509/x509.go,bearertoken,anonymous};
          pkg/serviceaccount; plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go (system:public-info-viewer)
Left out  other ways of logging in; roles for paths that are no resources, beyond what everybody may read
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any

from k8slab.wire import Request, Response, Unauthorized

__all__ = ["Login"]

Who = tuple[str, tuple[str, ...]]

ANONYMOUS: Who = ("system:anonymous", ("system:unauthenticated",))
PUBLIC = ("/version", "/healthz", "/livez", "/readyz")
REVIEWS = "authentication.k8s.io"


class Login:
    """Tells users by what they show. `token` is the admin's; those of service accounts are the API's to judge."""

    def __init__(self, handle: Callable[[Request], Response], admin: str, group: str, token: str) -> None:
        self._handle = handle
        self._admin: Who = (admin, (group,))
        self._token = token

    def user_of(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> Who:
        """Name and groups. Raises Unauthorized for a token that is worth nothing."""
        if subject := (scope.get("extensions") or {}).get("k8slab.peer"):
            return str(subject["name"]), tuple(subject["groups"])
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not scheme:
            return ANONYMOUS
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Unauthorized")
        if hmac.compare_digest(token.encode(), self._token.encode()):
            return self._admin
        return self._account(token)

    def answer(self, request: Request) -> Response:
        """What the API answers; who asks it about the admin's token (TokenReview) hears whose it is."""
        response = self._handle(request)
        if request.resource != "tokenreviews" or response.code != 201:
            return response
        spec, (name, groups) = response.body["spec"], self._admin
        if not hmac.compare_digest(spec["token"].encode(), self._token.encode()):
            return response
        user = {"username": name, "groups": [*groups, "system:authenticated"]}
        audiences = {"audiences": spec["audiences"]} if spec.get("audiences") else {}
        return response._replace(body={**response.body, "status": {"authenticated": True, "user": user, **audiences}})

    def may_read(self, user: str, path: str) -> bool:
        """Everybody may ask for version and health, only users for the rest."""
        return user != ANONYMOUS[0] or path.startswith(PUBLIC)

    def _account(self, token: str) -> Who:
        body = {"apiVersion": f"{REVIEWS}/v1", "kind": "TokenReview", "spec": {"token": token}}
        asked = Request("create", "tokenreviews", REVIEWS, "v1", body=body, user="system:apiserver")
        status = self._handle(asked).body.get("status") or {}
        if not isinstance(status, dict) or not status.get("authenticated"):
            raise Unauthorized("Unauthorized")
        user = status["user"]
        return user["username"], tuple(user.get("groups") or ())
