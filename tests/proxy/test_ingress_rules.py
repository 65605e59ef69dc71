"""Hosts and paths of Ingresses: which backend gets a request.

Source: kubernetes.io, "Ingress", path types (its table), hostname wildcards, multiple matches, default backend.
"""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.proxy.ingress_rules import Target, is_of_class, path_fits, route

Obj = dict[str, Any]


@pytest.mark.parametrize(
    ("kind", "path", "request_path", "fits"),
    [
        ("Prefix", "/", "/anything", True),
        ("Exact", "/foo", "/foo", True),
        ("Exact", "/foo", "/bar", False),
        ("Exact", "/foo", "/foo/", False),
        ("Exact", "/foo/", "/foo", False),
        ("Prefix", "/foo", "/foo", True),
        ("Prefix", "/foo", "/foo/", True),
        ("Prefix", "/foo/", "/foo", True),
        ("Prefix", "/foo/", "/foo/", True),
        ("Prefix", "/aaa/bb", "/aaa/bbb", False),
        ("Prefix", "/aaa/bbb", "/aaa/bbb", True),
        ("Prefix", "/aaa/bbb/", "/aaa/bbb", True),
        ("Prefix", "/aaa/bbb", "/aaa/bbb/", True),
        ("Prefix", "/aaa/bbb", "/aaa/bbb/ccc", True),
        ("Prefix", "/aaa/bbb", "/aaa/bbbxyz", False),
        ("Prefix", "/aaa", "/aaa/ccc", True),
        ("Prefix", "/aaa", "/ccc", False),
        ("Prefix", "/foo", "/foo?x=1", True),
        ("Exact", "/foo", "/foo?x=1", True),
        ("ImplementationSpecific", "/foo", "/foobar", True),
        ("ImplementationSpecific", "/foo", "/fo", False),
        ("ImplementationSpecific", "", "/any", True),
    ],
)
def test_a_path_fits(kind: str, path: str, request_path: str, fits: bool) -> None:
    assert path_fits(kind, path, request_path) is fits


def ingress(name: str, *rules: tuple[str, str, str, str], default: str = "", age: int = 5, **about: Any) -> Obj:
    """Rules of host, path type, path and Service."""
    spec: Obj = {"rules": [_rule(*rule) for rule in rules]}
    if default:
        spec["defaultBackend"] = {"service": {"name": default, "port": {"name": "http"}}}
    metadata = {"name": name, "namespace": "default", "creationTimestamp": f"2026-01-0{9 - age}T00:00:00Z"}
    return {"metadata": {**metadata, **about}, "spec": spec}


def _rule(host: str, kind: str, path: str, service: str) -> Obj:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    paths = [{"path": path, "pathType": kind, "backend": backend}]
    return {**({"host": host} if host else {}), "http": {"paths": paths}}


SHOP = ingress(
    "shop",
    ("shop.example", "Prefix", "/", "web"),
    ("shop.example", "Prefix", "/cart", "cart"),
    ("shop.example", "Exact", "/cart", "one-cart"),
    ("shop.example", "Prefix", "/cart/items", "items"),
    ("api.example", "Exact", "/v1", "api"),
    ("*.example", "Prefix", "/", "wild"),
    ("*.foo.com", "Prefix", "/", "foo"),
)
ANY = ingress("any", ("", "Prefix", "/any", "anybody"), default="last")


@pytest.mark.parametrize(
    ("ingresses", "host", "path", "service"),
    [
        ([SHOP], "shop.example", "/", "web"),
        ([SHOP], "SHOP.example:30080", "/x", "web"),
        ([SHOP], "shop.example", "/cart/2", "cart"),
        ([SHOP], "shop.example", "/cart", "one-cart"),
        ([SHOP], "shop.example", "/cart/items/7", "items"),
        ([SHOP], "shop.example", "/carton", "web"),
        ([SHOP], "other.example", "/", "wild"),
        ([SHOP], "api.example", "/v2", None),  # its host is known: the wildcard is not asked
        ([SHOP], "a.b.example", "/", None),  # a wildcard stands for one label
        ([SHOP], "example", "/", None),
        ([SHOP], "bar.foo.com", "/", "foo"),
        ([SHOP], "baz.bar.foo.com", "/", None),
        ([SHOP], "foo.com", "/", None),
        ([SHOP], "", "/", None),
        ([SHOP, ANY], "10.0.0.1", "/any/1", "anybody"),
        ([SHOP, ANY], "10.0.0.1", "/other", "last"),
        ([SHOP, ANY], "api.example", "/v2", "last"),
        ([SHOP, ANY], "shop.example", "/any", "web"),
        ([], "shop.example", "/", None),
        ([ingress("young", ("a", "Prefix", "/", "young"), age=1), ingress("old", ("a", "Prefix", "/", "old"), age=8)],
         "a", "/", "old"),
        ([ingress("no", default="web")], "x", "/y", "web"),
    ],
)  # fmt: skip
def test_the_backend_for_a_request(ingresses: list[Obj], host: str, path: str, service: str | None) -> None:
    found = route(ingresses, host, path)

    assert (found.service if found is not None else None) == service


def test_a_backend_is_a_service_of_the_ingress_own_namespace_and_its_port() -> None:
    assert route([ANY], "x", "/any") == Target("default", "anybody", 80)
    assert route([ANY], "x", "/") == Target("default", "last", "http")


@pytest.mark.parametrize(
    ("given", "is_mine"),
    [
        ({"spec": {"ingressClassName": "nginx"}}, True),
        ({"spec": {"ingressClassName": "other"}}, False),
        ({"spec": {}}, False),
        ({"spec": {}, "metadata": {"annotations": {"kubernetes.io/ingress.class": "nginx"}}}, True),
    ],
)
def test_an_ingress_belongs_to_one_class(given: Obj, is_mine: bool) -> None:
    """Source: kubernetes.io, "Ingress", Ingress class and the deprecated annotation."""
    assert is_of_class({"metadata": {}, **given}, ["nginx"]) is is_mine
