"""The line and the headers of a request: the way back from what the server reads out of them (http/urls.py).

Source    staging/src/k8s.io/client-go/rest/request.go; kubernetes.io, "Kubernetes API Concepts"
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from k8slab.wire import Request

__all__ = [
    "headers_of",
    "method_of",
    "url_of",
]

METHODS = {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE", "deletecollection": "DELETE"}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
DISCOVERY = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)


def method_of(request: Request) -> str:
    """GET, POST, PUT, PATCH or DELETE."""
    return METHODS.get(request.verb, "GET")


def url_of(request: Request) -> str:
    """The path and the query, without the host."""
    params = dict(request.params)
    if request.verb == "watch":
        params["watch"] = "true"
    query = "?" + urlencode(params) if params else ""
    return (request.path or _path(request)) + query


def headers_of(request: Request) -> list[tuple[str, str]]:
    """In which form an answer is wanted, of what kind the body is, and for whom the caller wants to be taken."""
    accept = {"Table": TABLE, "APIGroupDiscoveryList": DISCOVERY + ",application/json"}.get(request.accept, "")
    is_text = request.path or request.subresource == "log"
    headers = [("accept", accept or ("*/*" if is_text else "application/json")), ("user-agent", "k8slab")]
    if request.verb != "watch":
        headers.append(("accept-encoding", "gzip"))
    if request.body is not None:
        headers.append(("content-type", request.content_type or "application/json"))
    if request.as_user:
        headers.append(("impersonate-user", request.as_user))
        headers += [("impersonate-group", group) for group in request.as_groups]
    return headers


def _path(request: Request) -> str:
    root = f"/apis/{request.group}/{request.version}" if request.group else f"/api/{request.version}"
    parts = ["namespaces", request.namespace] if request.namespace else []
    parts += [part for part in (request.resource, request.name, request.subresource) if part]
    return "/".join([root, *(quote(part, safe="") for part in parts)])
