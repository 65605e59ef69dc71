"""The errors an API server answers with: one class per Status reason.

    ApiError
    ├── BadRequest            400
    ├── Unauthorized          401
    ├── Forbidden             403
    ├── NotFound              404
    ├── MethodNotAllowed      405
    ├── NotAcceptable         406
    ├── AlreadyExists         409
    ├── Conflict              409
    ├── Expired               410
    ├── RequestEntityTooLarge 413
    ├── UnsupportedMediaType  415
    ├── Invalid               422
    ├── TooManyRequests       429
    ├── InternalError         500
    ├── ServiceUnavailable    503
    └── Timeout               504

Each carries the Status object that travels on the wire; its text is the Status' message.

Source    staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go, pkg/util/validation/field/errors.go
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

__all__ = [
    "OMITTED",
    "ApiError",
    "FieldError",
    "error_from_status",
    "invalid",
]

Status = dict[str, Any]

OMITTED = "<omitted>"  # a FieldError's value that the server does not show


class ApiError(Exception):
    """An answer of the API server that is not a success."""

    code: ClassVar[int] = 500
    reason: ClassVar[str] = ""

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})

    @property
    def status(self) -> Status:
        """The Status object, keys in the order of the real server."""
        status: Status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details:
            status["details"] = self.details
        status["code"] = self.code
        return status


class BadRequest(ApiError):
    """The request makes no sense: unparsable body, unknown field, wrong type."""

    code, reason = 400, "BadRequest"


class Unauthorized(ApiError):
    """The server does not know who asks."""

    code, reason = 401, "Unauthorized"


class Forbidden(ApiError):
    """The server knows who asks, and refuses."""

    code, reason = 403, "Forbidden"


class NotFound(ApiError):
    """No such object, or no such resource."""

    code, reason = 404, "NotFound"


class MethodNotAllowed(ApiError):
    """The resource exists; the verb does not fit it."""

    code, reason = 405, "MethodNotAllowed"


class NotAcceptable(ApiError):
    """The server cannot answer in any of the forms that were asked for."""

    code, reason = 406, "NotAcceptable"


class AlreadyExists(ApiError):
    """A create met an object of that name."""

    code, reason = 409, "AlreadyExists"


class Conflict(ApiError):
    """A write was based on a version that is no longer the newest."""

    code, reason = 409, "Conflict"


class Expired(ApiError):
    """The asked-for resourceVersion has been compacted away."""

    code, reason = 410, "Expired"


class RequestEntityTooLarge(ApiError):
    """The body is larger than the server reads."""

    code, reason = 413, "RequestEntityTooLarge"


class UnsupportedMediaType(ApiError):
    """The server cannot read this content type here."""

    code, reason = 415, "UnsupportedMediaType"


class Invalid(ApiError):
    """The object is well formed and breaks a rule; `details.causes` names each field."""

    code, reason = 422, "Invalid"


class TooManyRequests(ApiError):
    """Not now: try again later (an eviction that would break a budget, too)."""

    code, reason = 429, "TooManyRequests"


class InternalError(ApiError):
    """The server itself failed."""

    code, reason = 500, "InternalError"


class ServiceUnavailable(ApiError):
    """Nobody answers: the API server or its store is away."""

    code, reason = 503, "ServiceUnavailable"


class Timeout(ApiError):
    """The server gave up waiting, for instance for a revision that is not written yet."""

    code, reason = 504, "Timeout"


_BY_REASON: dict[str, type[ApiError]] = {cls.reason: cls for cls in ApiError.__subclasses__()}


def error_from_status(status: Mapping[str, Any]) -> ApiError:
    """The exception that a Failure Status stands for (an unknown reason gives a plain ApiError)."""
    cls = _BY_REASON.get(status.get("reason", ""), ApiError)
    return cls(status.get("message", ""), status.get("details"))


class FieldError(NamedTuple):
    """One broken rule at one field, in the wording of field.Error.

    `reason` is one of FieldValueRequired, FieldValueInvalid, FieldValueNotSupported,
    FieldValueDuplicate, FieldValueForbidden, FieldValueNotFound, FieldValueTypeInvalid,
    FieldValueTooLong and FieldValueTooMany; `value` is shown for those that show one.
    """

    reason: str
    field: str
    detail: str = ""
    value: Any = None

    @property
    def body(self) -> str:
        """The text without the field, such as `Invalid value: -1: must be greater than or equal to 0`."""
        text = _TITLES[self.reason]
        if self.reason in _SHOWS_VALUE and self.value is not OMITTED:
            text += ": " + _shown(self.value)
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


_TITLES = {
    "FieldValueRequired": "Required value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueNotFound": "Not found",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
}
_SHOWS_VALUE = {
    "FieldValueInvalid",
    "FieldValueTypeInvalid",
    "FieldValueNotSupported",
    "FieldValueDuplicate",
    "FieldValueNotFound",
    "FieldValueTooMany",
}


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def invalid(kind: str, group: str, name: str, errors: Iterable[FieldError]) -> Invalid:
    """The 422 answer for an object of `kind` in `group` that breaks the rules in `errors`."""
    errors = list(errors)
    qualified = f"{kind}.{group}" if group else kind
    texts = list(dict.fromkeys(map(str, errors)))
    shown = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    causes = [{"reason": e.reason, "message": e.body, "field": e.field} for e in errors]
    details = {"name": name, **({"group": group} if group else {}), "kind": kind, "causes": causes}
    return Invalid(f'{qualified} "{name}" is invalid: {shown}', details)
