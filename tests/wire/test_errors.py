"""Every error is the Status that a real API server sends."""

from __future__ import annotations

import re
from typing import Any

import pytest

from k8slab import wire
from k8slab.wire import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Expired,
    FieldError,
    Forbidden,
    InternalError,
    Invalid,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Timeout,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
    error_from_status,
    errors,
    invalid,
)

REASONS: list[tuple[type[ApiError], int, str]] = [
    (BadRequest, 400, "BadRequest"),
    (Unauthorized, 401, "Unauthorized"),
    (Forbidden, 403, "Forbidden"),
    (NotFound, 404, "NotFound"),
    (MethodNotAllowed, 405, "MethodNotAllowed"),
    (NotAcceptable, 406, "NotAcceptable"),
    (AlreadyExists, 409, "AlreadyExists"),
    (Conflict, 409, "Conflict"),
    (Expired, 410, "Expired"),
    (RequestEntityTooLarge, 413, "RequestEntityTooLarge"),
    (UnsupportedMediaType, 415, "UnsupportedMediaType"),
    (Invalid, 422, "Invalid"),
    (TooManyRequests, 429, "TooManyRequests"),
    (InternalError, 500, "InternalError"),
    (ServiceUnavailable, 503, "ServiceUnavailable"),
    (Timeout, 504, "Timeout"),
]


@pytest.mark.parametrize(("error", "code", "reason"), REASONS)
def test_each_reason_has_its_code(error: type[ApiError], code: int, reason: str) -> None:
    """Source: pkg/apis/meta/v1/types.go, StatusReason; pkg/api/errors/errors.go."""
    status = error("no").status

    assert (status["code"], status["reason"]) == (code, reason)


def test_the_table_above_is_the_whole_tree_and_so_is_the_one_in_the_docstring() -> None:
    assert {error for error, _, _ in REASONS} == set(ApiError.__subclasses__())

    drawn = re.findall(r"[├└]── (\w+) +(\d+)", errors.__doc__ or "")

    assert drawn == [(error.__name__, str(code)) for error, code, _ in REASONS]
    assert all(getattr(wire, error.__name__) is error for error, _, _ in REASONS)


def test_a_status_has_the_fields_of_the_real_one_in_their_order() -> None:
    """Source: pkg/apis/meta/v1/types.go, Status; pkg/api/errors/errors.go, NewNotFound."""
    status = NotFound('pods "web" not found', {"name": "web", "kind": "pods"}).status

    assert list(status.items()) == [
        ("kind", "Status"),
        ("apiVersion", "v1"),
        ("metadata", {}),
        ("status", "Failure"),
        ("message", 'pods "web" not found'),
        ("reason", "NotFound"),
        ("details", {"name": "web", "kind": "pods"}),
        ("code", 404),
    ]


def test_a_status_without_details_leaves_them_out() -> None:
    """Source: pkg/apis/meta/v1/types.go, Status: details are omitted when empty."""
    assert "details" not in Unauthorized("Unauthorized").status


def test_the_text_of_an_error_is_its_message() -> None:
    """Source: pkg/api/errors/errors.go, StatusError.Error."""
    assert str(Conflict("the object has been modified")) == "the object has been modified"


@pytest.mark.parametrize("error", [error for error, _, _ in REASONS])
def test_an_error_survives_the_wire(error: type[ApiError]) -> None:
    sent = error("a text", {"name": "web", "causes": [{"field": "spec"}]})

    received = error_from_status(sent.status)

    assert type(received) is error
    assert received.status == sent.status


@pytest.mark.parametrize("status", [{}, {"reason": "Teapot", "message": "short and stout"}, {"reason": ""}])
def test_an_unknown_reason_is_an_error_all_the_same(status: dict[str, Any]) -> None:
    received = error_from_status(status)

    assert type(received) is ApiError
    assert received.message == status.get("message", "")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FieldError("FieldValueRequired", "spec.containers"), "spec.containers: Required value"),
        (FieldError("FieldValueRequired", "name", "name or generateName is required"),
         "name: Required value: name or generateName is required"),
        (FieldError("FieldValueInvalid", "spec.replicas", "must be greater than or equal to 0", -1),
         "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (FieldError("FieldValueInvalid", "a.b", "no", "x y"), 'a.b: Invalid value: "x y": no'),
        (FieldError("FieldValueInvalid", "a.b", "no", True), "a.b: Invalid value: true: no"),
        (FieldError("FieldValueInvalid", "a.b", "no"), "a.b: Invalid value: null: no"),
        (FieldError("FieldValueTypeInvalid", "a.b", "must be a string", 1), "a.b: Invalid value: 1: must be a string"),
        (FieldError("FieldValueNotSupported", "spec.type", 'supported values: "A", "B"', "C"),
         'spec.type: Unsupported value: "C": supported values: "A", "B"'),
        (FieldError("FieldValueDuplicate", "spec.ports[1].name", "", "http"),
         'spec.ports[1].name: Duplicate value: "http"'),
        (FieldError("FieldValueForbidden", "spec.x", "may not be set"), "spec.x: Forbidden: may not be set"),
        (FieldError("FieldValueNotFound", "spec.x", "", "web"), 'spec.x: Not found: "web"'),
        (FieldError("FieldValueTooLong", "spec.x", "must have at most 9 bytes", "long"),
         "spec.x: Too long: must have at most 9 bytes"),
        (FieldError("FieldValueTooMany", "spec.x", "must have at most 1 items", 2),
         "spec.x: Too many: 2: must have at most 1 items"),
    ],
)  # fmt: skip
def test_a_broken_rule_names_its_field_and_mostly_shows_the_value(error: FieldError, text: str) -> None:
    """Source: pkg/util/validation/field/errors.go, Error.ErrorBody and ErrorType.String."""
    assert str(error) == text


REPLICAS = FieldError("FieldValueInvalid", "spec.replicas", "must be greater than or equal to 0", -1)
SELECTOR = FieldError("FieldValueRequired", "spec.selector")


def test_an_invalid_object_is_told_what_is_wrong_with_it() -> None:
    """Source: pkg/api/errors/errors.go, NewInvalid."""
    body = "Invalid value: -1: must be greater than or equal to 0"

    error = invalid("Deployment", "apps", "web", [REPLICAS])

    assert error.message == f'Deployment.apps "web" is invalid: spec.replicas: {body}'
    assert error.details == {
        "name": "web",
        "group": "apps",
        "kind": "Deployment",
        "causes": [{"reason": "FieldValueInvalid", "message": body, "field": "spec.replicas"}],
    }


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ([SELECTOR], "spec.selector: Required value"),
        ([SELECTOR, SELECTOR], "spec.selector: Required value"),
        ([SELECTOR, REPLICAS, SELECTOR], f"[spec.selector: Required value, {REPLICAS}]"),
    ],
)
def test_many_broken_rules_are_a_list_that_repeats_nothing(broken: list[FieldError], shown: str) -> None:
    """Source: pkg/util/validation/field/errors.go, ToAggregate; pkg/util/errors/errors.go, aggregate.Error."""
    error = invalid("Deployment", "apps", "web", broken)

    assert error.message == f'Deployment.apps "web" is invalid: {shown}'
    assert len(error.details["causes"]) == len(broken)


def test_a_kind_of_the_core_group_has_no_group() -> None:
    """Source: pkg/runtime/schema/group_version.go, GroupKind.String."""
    error = invalid("Pod", "", "web", [SELECTOR])

    assert error.message.startswith('Pod "web" is invalid: ')
    assert "group" not in error.details
