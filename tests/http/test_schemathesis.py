"""Whatever a client makes of the served OpenAPI document: no answer is a fault, and each is what the document says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from http_caller import Caller
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from k8slab.api import Api
from k8slab.clock import Loop
from k8slab.etcd import DictStore
from k8slab.http import HttpServer

pytestmark = pytest.mark.long

LEFT_OUT = ("metrics.k8s.io", "/proxy")  # nobody is there who would answer
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
MOST = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A client of an API server that is alone, with everything allowed."""
    loop = Loop(seed=1)
    with HttpServer(Api(DictStore(loop), loop).handle, loop, speed=0) as server:
        yield Caller(server, tmp_path_factory.mktemp("client"))


def documented(caller: Caller) -> Any:
    """The served document, with names that exist; a watch would have no end."""
    document = caller.ask("GET", "/openapi/v2").body
    document["paths"] = {path: what for path, what in document["paths"].items() if not any(w in path for w in LEFT_OUT)}
    for path in document["paths"].values():
        for parameter in path.get("parameters", ()):
            if parameter["name"] in ("name", "namespace"):
                parameter["enum"] = ["default"]
        for operation in path.values():
            if isinstance(operation, dict):
                operation["parameters"] = [p for p in operation.get("parameters", ()) if p["name"] != "watch"]
    return document


def test_no_request_that_can_be_worked_out_is_a_fault(caller: Caller, tmp_path: Path) -> None:
    """Source: schemathesis, checks; kube-openapi documents 200, 201, 202 and 401 only, so errors are no mistake."""
    (tmp_path / "ca.pem").write_text(caller.root)
    schema = schemathesis.openapi.from_dict(documented(caller))
    asked = 0

    for operation in schema.get_all_operations():

        @MOST
        @given(case=operation.ok().as_strategy())
        def check(case: Any) -> None:
            nonlocal asked
            asked += 1
            caller.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "default"}})
            answer = case.call(
                base_url=caller.server.url, headers=caller.headers(), verify=str(tmp_path / "ca.pem"), timeout=20
            )
            case.validate_response(answer, checks=CHECKS if answer.status_code < 400 else [not_a_server_error])
            assert answer.status_code < 400 or answer.json()["kind"] == "Status"

        check()

    assert asked > 1000
