"""One version of a custom kind: all that its definition says about reading, checking and showing its objects.

Source    apiextensions-apiserver/pkg/apiserver/customresource_handler.go (schemaCoercingDecoder),
          pkg/registry/customresource/{strategy,validator,etcd}.go; conversion/nop_converter.go
Left out  warnings for finalizers without a domain; kinds without a kind or of a wrong metadata read as built-in ones
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.api.custom.expressions import Budget, check_rules
from k8slab.api.custom.lists import check_embedded, check_lists
from k8slab.api.custom.own_type import OwnType
from k8slab.api.custom.paths import put_at, value_at
from k8slab.api.custom.printing import Printer
from k8slab.api.custom.shape import defaulted, pruned
from k8slab.api.custom.values import ABSENT, NOWHERE, check
from k8slab.api.subresources import with_scale
from k8slab.api.validation.meta import metadata, metadata_update
from k8slab.api.validation.rules import Rules
from k8slab.objects import is_dns1123_subdomain
from k8slab.schema import Decoded, decode, decode_patched
from k8slab.wire import BadRequest, FieldError, InternalError, invalid

__all__ = [
    "Version",
]

Obj = dict[str, Any]
Errors = Iterator[FieldError]

BLOCKING = ("FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany",
            "FieldValueTypeInvalid")  # fmt: skip
NOT_CHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
    "validation"
)
MOST_REPLICAS = 2**31 - 1


class Version:
    """How the server treats the objects of a custom kind that come and go in one version."""

    def __init__(self, definition: Obj, given: Obj) -> None:
        spec = definition["spec"]
        storage = next((each["name"] for each in spec["versions"] if each.get("storage")), given["name"])
        self.group, self.name = spec["group"], given["name"]
        self.kind: str = spec["names"]["kind"]
        self.api_version = f"{self.group}/{self.name}"
        self.stored_as = f"{self.group}/{storage}"
        self.schema: Obj = (given.get("schema") or {}).get("openAPIV3Schema") or {}
        self.type = OwnType(self.schema, is_resource=True)
        self.scale: Obj = (given.get("subresources") or {}).get("scale") or {}
        self.printer = Printer(given.get("additionalPrinterColumns") or [])
        self.rules = Rules(self._create, self._update, self._update)
        self.warning = ""
        if given.get("deprecated"):
            self.warning = given.get("deprecationWarning") or f"{self.api_version} {self.kind} is deprecated"

    def read(self, body: Any, field_validation: str, doubles: Sequence[str] = (), *, is_patch: bool) -> Decoded:
        """The body with what its schema knows, and its defaults. Raises BadRequest, Invalid."""
        if not isinstance(body, dict):
            return decode(body, self.api_version, self.kind)
        self._check_type(body)
        head = {name: body[name] for name in ("apiVersion", "kind", "metadata") if name in body}
        read_head = decode_patched if is_patch else decode
        known = read_head(head, self.api_version, self.kind)
        unknown: list[str] = []
        obj = pruned({**body, **known.obj}, self.schema, unknown, is_root=True)
        problems = [*known.strict_errors, *(f'unknown field "{path}"' for path in unknown), *doubles]
        if problems and field_validation == "Strict":
            raise self._strict(obj, "strict decoding error: " + ", ".join(problems), is_patch)
        return Decoded(defaulted(obj, self.schema, is_root=True), problems if field_validation == "Warn" else [])

    def served(self, obj: Obj) -> Obj:
        """A stored object in this version."""
        shaped: Obj = defaulted(pruned(obj, self.schema, [], is_root=True), self.schema, is_root=True)
        return shaped if shaped["apiVersion"] == self.api_version else {**shaped, "apiVersion": self.api_version}

    def stored(self, obj: Obj) -> Obj:
        """An object of this version as it is stored."""
        return obj if self.stored_as == self.api_version else {**obj, "apiVersion": self.stored_as}

    def scale_of(self, obj: Obj) -> Obj:
        """The Scale (autoscaling/v1) of an object. Raises InternalError when it has no replicas."""
        replicas = value_at(obj, self.scale["specReplicasPath"])
        if replicas is None:
            path = self.scale["specReplicasPath"]
            raise InternalError(f'Internal error occurred: the spec replicas field "{path}" does not exist')
        selector = value_at(obj, self.scale["labelSelectorPath"]) if self.scale.get("labelSelectorPath") else ""
        fields = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        status = {"replicas": value_at(obj, self.scale["statusReplicasPath"]) or 0}
        return {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {name: obj["metadata"][name] for name in fields if name in obj["metadata"]},
            "spec": {"replicas": replicas},
            "status": {**status, "selector": selector} if selector else status,
        }

    def with_scale(self, obj: Obj, scale: Obj) -> Obj:
        """The object with the replicas that a Scale asks for. Raises Invalid for fewer than none."""
        asked = with_scale({**obj, "spec": {}}, scale)
        changed = put_at(obj, self.scale["specReplicasPath"], asked["spec"]["replicas"])
        return {**changed, "metadata": asked["metadata"]}

    def _check_type(self, body: Obj) -> None:
        version, kind = body.get("apiVersion") or self.api_version, body.get("kind") or self.kind
        if kind != self.kind and version == self.api_version:
            error = FieldError("FieldValueInvalid", "kind", f"must be {self.kind}", kind)
            name = (body.get("metadata") or {}).get("name", "")
            raise invalid(self.kind, self.group, name, [error])
        if version != self.api_version:
            text = f"the API version in the data ({version}) does not match the expected API version"
            raise BadRequest(f"{text} ({self.api_version})")

    def _strict(self, obj: Obj, text: str, is_patch: bool) -> Exception:
        if not is_patch:
            return BadRequest(f'{self.kind} in version "{self.name}" cannot be handled as a {self.kind}: {text}')
        shown = json.dumps(obj, separators=(",", ":"), ensure_ascii=False, default=str)
        return invalid("", "", "", [FieldError("FieldValueInvalid", "patch", text, shown)])

    def _create(self, obj: Obj) -> list[FieldError]:
        return self._checked([*metadata(obj, is_dns1123_subdomain)], obj)

    def _update(self, new: Obj, old: Obj) -> list[FieldError]:
        found = [*metadata_update(new, old)]
        if new["metadata"] != old["metadata"]:
            found += metadata(new, is_dns1123_subdomain)
        return self._checked(found, new, old)

    def _checked(self, found: list[FieldError], new: Obj, old: Any = ABSENT) -> list[FieldError]:
        found += check(new, self.schema, "", old)
        found += self._check_scale(new)
        found += check_embedded(new, self.schema)
        if old is ABSENT or not any(True for _ in check_lists(old, self.schema)):
            found += check_lists(new, self.schema)
        rules = []
        if not _is_blocked(found):
            rules = list(check_rules(_for_rules(new), self.schema, Budget(), "", _for_rules(old)))
        if _is_blocked(found) and _has_rules(self.schema):
            rules = [FieldError("FieldValueInvalid", NOWHERE, NOT_CHECKED, "null")]
        return [*found, *rules]

    def _check_scale(self, obj: Obj) -> Errors:
        for name in ("specReplicasPath", "statusReplicasPath"):
            path = self.scale.get(name)
            replicas = value_at(obj, path) if path else None
            if isinstance(replicas, int) and replicas < 0:
                yield FieldError("FieldValueInvalid", path or "", "should be a non-negative integer", replicas)
            elif isinstance(replicas, int) and replicas > MOST_REPLICAS:
                text = f"should be less than or equal to {MOST_REPLICAS}"
                yield FieldError("FieldValueInvalid", path or "", text, replicas)


def _for_rules(obj: Any) -> Any:
    """What rules see of an object: of its metadata only the names."""
    if obj is ABSENT:
        return obj
    names = {name: text for name, text in obj["metadata"].items() if name in ("name", "generateName")}
    return {**obj, "metadata": names}


def _is_blocked(errors: list[FieldError]) -> bool:
    """Something is so wrong that rules in CEL would stumble over it."""
    return any(error.reason in BLOCKING for error in errors)


def _has_rules(schema: Obj) -> bool:
    inner: list[Any] = [*(schema.get("properties") or {}).values(), schema.get("items")]
    inner.append(schema.get("additionalProperties"))
    is_here = bool(schema.get("x-kubernetes-validations"))
    return is_here or any(_has_rules(each) for each in inner if isinstance(each, dict))
