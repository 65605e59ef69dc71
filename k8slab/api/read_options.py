"""What a list or a watch may ask for beside its selectors, and what does not go together.

Source    apimachinery/pkg/apis/meta/internalversion/validation/validation.go (ValidateListOptions)
"""

from __future__ import annotations

from collections.abc import Iterator

from k8slab.wire import BadRequest, FieldError, Request, invalid

__all__ = [
    "EXACT",
    "check_read_options",
    "wants_initial_events",
    "whole_number",
]

EXACT, NOT_OLDER = "Exact", "NotOlderThan"
MATCH, INITIAL = "resourceVersionMatch", "sendInitialEvents"


def check_read_options(request: Request) -> None:
    """Raises Invalid."""
    if MATCH in request.params or INITIAL in request.params:
        errors = list(_watch(request) if request.verb == "watch" else _list(request))
        if errors:
            raise invalid("ListOptions", "meta.k8s.io", "", errors)


def wants_initial_events(request: Request) -> bool | None:
    """A watch shall begin with what is there (True) or with what comes (False); None: as its resourceVersion says."""
    wish = request.params.get(INITIAL)
    return None if wish is None else wish not in ("false", "0")


def whole_number(text: str) -> int:
    """A parameter that is a number, below zero perhaps. Raises BadRequest."""
    if not text.removeprefix("-").isdecimal():
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _list(request: Request) -> Iterator[FieldError]:
    match, revision = request.params.get(MATCH, ""), request.params.get("resourceVersion", "")
    if match and not revision:
        yield _forbidden(MATCH, f"{MATCH} is forbidden unless resourceVersion is provided")
    if match and request.params.get("continue"):
        yield _forbidden(MATCH, f"{MATCH} is forbidden when continue is provided")
    if match not in ("", EXACT, NOT_OLDER):
        yield _unknown(match, EXACT, NOT_OLDER, "")
    if match == EXACT and revision == "0":
        yield _forbidden(MATCH, f'{MATCH} "exact" is forbidden for resourceVersion "0"')
    if INITIAL in request.params:
        yield _forbidden(INITIAL, f"{INITIAL} is forbidden for list")


def _watch(request: Request) -> Iterator[FieldError]:
    match, is_asked = request.params.get(MATCH, ""), INITIAL in request.params
    if is_asked and match != NOT_OLDER:
        yield _forbidden(MATCH, f"{INITIAL} requires setting {MATCH} to {NOT_OLDER}")
    if match and not is_asked:
        yield _forbidden(MATCH, f"{MATCH} is forbidden for watch unless {INITIAL} is provided")
    if match not in ("", NOT_OLDER):
        yield _unknown(match, NOT_OLDER)
    if match and request.params.get("continue"):
        yield _forbidden(MATCH, f"{MATCH} is forbidden when continue is provided")


def _forbidden(field: str, text: str) -> FieldError:
    return FieldError("FieldValueForbidden", field, text)


def _unknown(match: str, *words: str) -> FieldError:
    text = "supported values: " + ", ".join(f'"{word}"' for word in words)
    return FieldError("FieldValueNotSupported", MATCH, text, match)
