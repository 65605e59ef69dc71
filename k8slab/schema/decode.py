"""Read a request's body as the type it claims to be, as Go's JSON decoder does.

Wrong types are errors; unknown fields are dropped and reported; null is the same as absent. A body
with nothing to drop comes back as the very same object, so that what was shared stays shared.

Source    apimachinery/pkg/runtime/serializer/json (json.go, meta.go), apiserver/pkg/endpoints/handlers/rest.go
          (transformDecodeError) and patch.go (applyPatchToCurrentObject)
Left out  the zero values that Go writes for absent fields that are not omitempty (`"status": {}`)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from k8slab.schema.converter import converter_text
from k8slab.schema.facts import kinds_of, type_of
from k8slab.schema.merge import go_text, json_word
from k8slab.schema.readers import CUSTOM, Decoded, read
from k8slab.wire import BadRequest, FieldError, Invalid, invalid

__all__ = ["decode", "decode_patched"]

Object = dict[str, Any]


def decode(
    body: Any, api_version: str, kind: str, field_validation: str = "Warn", doubles: Sequence[str] = ()
) -> Decoded:
    """Read the body of a create or update that is sent to where `kind` lives.

    Raises BadRequest for a wrong type and, if `field_validation` is Strict, for an unknown field. With Warn,
    `strict_errors` are the warnings to send back; with Ignore there are none. `doubles` are more of them.
    """
    obj = _of_kind(body, api_version, kind)
    try:
        decoded = read(obj, type_of(api_version, kind) or CUSTOM)
    except ValueError as error:
        raise _cannot_handle(api_version, kind, kind, str(error)) from None
    decoded.strict_errors.extend(doubles)
    if decoded.strict_errors and field_validation == "Strict":
        raise _cannot_handle(api_version, kind, kind, _strict_text(decoded.strict_errors))
    return decoded if field_validation != "Ignore" else Decoded(decoded.obj, [])


def decode_patched(
    obj: Object,
    api_version: str,
    kind: str,
    field_validation: str = "Warn",
    doubles: Sequence[str] = (),
    strategic: Any = None,
) -> Decoded:
    """Read the outcome of a patch; what is wrong with it is Invalid and shows the outcome, or the `strategic` patch."""
    if isinstance(obj, dict):
        given = obj.get("apiVersion") or api_version, obj.get("kind") or kind
        if not all(isinstance(word, str) for word in given):
            _type_meta(obj, kind)
        if given != (api_version, kind):
            raise _invalid_patch(obj, _other_kind(*given, api_version, kind))
        if (obj.get("apiVersion"), obj.get("kind")) != given:
            obj = {"apiVersion": api_version, "kind": kind, **{n: v for n, v in obj.items() if v is not None}}
    try:
        decoded = read(obj, type_of(api_version, kind) or CUSTOM)
    except ValueError as error:
        raise _invalid_patch(obj, str(error), strategic) from None
    decoded.strict_errors.extend(doubles)
    if decoded.strict_errors and field_validation == "Strict":
        raise _invalid_patch(obj, _strict_text(decoded.strict_errors), strategic)
    return decoded if field_validation != "Ignore" else Decoded(decoded.obj, [])


def _of_kind(body: Any, api_version: str, kind: str) -> Object:
    """Return the body, its kind and apiVersion filled in; what is of another kind is refused."""
    if isinstance(body, dict) and body.get("kind") == kind and body.get("apiVersion") == api_version:
        return body
    given_version, given_kind = _type_meta(body, kind)
    given_version, given_kind = given_version or api_version, given_kind or kind
    if given_version != api_version and given_kind in kinds_of(given_version):
        raise BadRequest(
            f"the API version in the data ({given_version}) does not match the expected API version ({api_version})"
        )
    if (given_version, given_kind) != (api_version, kind):
        raise _cannot_handle(given_version, given_kind, kind, _other_kind(given_version, given_kind, api_version, kind))
    type_meta = {"apiVersion": api_version, "kind": kind}
    return {**type_meta, **body, **type_meta}


def _other_kind(given_version: str, given_kind: str, api_version: str, kind: str) -> str:
    if given_kind not in kinds_of(given_version):
        return (
            f'no kind "{given_kind}" is registered for version "{given_version}"'
            ' in scheme "pkg/api/legacyscheme/scheme.go:30"'
        )
    group, _, version = api_version.rpartition("/")
    return f"converting ({version}.{given_kind}) to ({group.partition('.')[0] or 'core'}.{kind}): unknown conversion"


def _type_meta(body: Any, kind: str) -> tuple[str, str]:
    """Return apiVersion and kind as given, "" for what is absent."""
    problem = ""
    if not isinstance(body, dict):
        problem = f"json: cannot unmarshal {json_word(body)} into Go value of type {_TYPE_META}"
    else:
        for field in ("apiVersion", "kind"):
            value = body.get(field)
            if value is not None and not isinstance(value, str):
                problem = f"json: cannot unmarshal {json_word(value)} into Go struct field .{field} of type string"
                break
    if not problem:
        return body.get("apiVersion") or "", body.get("kind") or ""
    raise BadRequest(
        f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
        f"json parse error: {problem} ({_summary(body)})"
    )


_TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


def _summary(body: Any) -> str:
    data = json.dumps(body, separators=(",", ":"), ensure_ascii=False, default=str)
    if data[0] == "{":
        return data[:30] + (" ..." if len(data) > 30 else "")
    raw = data.encode()
    return raw[:30].hex() + (" ..." if len(raw) > 30 else "")


def _cannot_handle(api_version: str, given: str, kind: str, problem: str) -> BadRequest:
    version = api_version.rpartition("/")[2]
    return BadRequest(f'{given} in version "{version}" cannot be handled as a {kind}: {problem}')


def _invalid_patch(obj: Object, problem: str, strategic: Any = None) -> Invalid:
    if strategic is not None:
        problem, value = converter_text(problem), go_text(strategic)
    else:
        value = json.dumps(obj, separators=(",", ":"), ensure_ascii=False, default=str)
    return invalid("", "", "", [FieldError("FieldValueInvalid", "patch", problem, value)])


def _strict_text(errors: list[str]) -> str:
    return "strict decoding error: " + ", ".join(errors)
