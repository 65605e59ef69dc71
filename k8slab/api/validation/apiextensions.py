"""The rules for CustomResourceDefinitions.

Source    apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
Left out  conversion by webhook: such a definition is refused, for nobody would call the webhook; a column whose
          path cannot be read is refused too, where the real server fails later
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.api.validation.meta import Errors, forbidden, immutable, invalid, not_supported, required
from k8slab.api.validation.rules import Rules, rules
from k8slab.api.validation.structural import skipped_rules, structural
from k8slab.objects import has_condition, is_dns1035_label, is_dns1123_subdomain, parse_path
from k8slab.wire import FieldError

__all__ = ["RULES", "definition_warnings"]

Obj = dict[str, Any]

PARTS = {
    "schema": "validation",
    "subresources": "subresources",
    "additionalPrinterColumns": "additionalPrinterColumns",
    "selectableFields": "selectableFields",
}
APPROVED = "api-approved.kubernetes.io"
PROTECTED = ("k8s.io", "kubernetes.io")
COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
SELECTABLE_TYPES = ("boolean", "integer", "string")
MOST_SELECTABLE = 8
LONGEST_WARNING = 256
STORED = (
    "missing from spec.versions; {0} was previously a storage version, and must remain in spec.versions until a "
    "storage migration ensures no data remains persisted in {0} and removes {0} from status.storedVersions"
)


def definition_warnings(definition: Obj) -> list[str]:
    """What the definition asks for and does not get: CEL rules that nobody will enforce."""
    found: dict[str, None] = {}
    for version, places in _placed(definition["spec"].get("versions") or []):
        if schema := (version.get("schema") or {}).get("openAPIV3Schema"):
            found |= dict.fromkeys(skipped_rules(schema, f"{places['schema']}.openAPIV3Schema"))
    return list(found)


def _placed(versions: list[Obj]) -> Iterator[tuple[Obj, dict[str, str]]]:
    """Each version with the paths of its parts; what all have in common the server names once, above them."""
    shared = {name for name in PARTS if all(each.get(name) == versions[0].get(name) for each in versions)}
    if "schema" not in shared or not versions[0].get("schema"):
        shared -= {"schema", "selectableFields"}
    for index, version in enumerate(versions):
        own = f"spec.versions[{index}]"
        paths = {name: f"spec.{top}" if name in shared else f"{own}.{name}" for name, top in PARTS.items()}
        yield version, {"": own, **paths}


def _spec(obj: Obj) -> Errors:
    spec, names = obj["spec"], obj["spec"].get("names") or {}
    wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
    if obj["metadata"]["name"] != wanted:
        yield invalid("metadata.name", obj["metadata"]["name"], 'must be spec.names.plural+"."+spec.group')
    yield from _approval(obj)
    yield from _group(spec.get("group") or "")
    scope = spec.get("scope") or ""
    if not scope:
        yield required("spec.scope")
    elif scope not in ("Cluster", "Namespaced"):
        yield not_supported("spec.scope", scope, ("Cluster", "Namespaced"))
    yield from _versions(spec.get("versions") or [])
    yield from _names(names)
    if spec.get("preserveUnknownFields"):
        text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        yield invalid("spec.preserveUnknownFields", True, text)
    yield from _conversion(spec.get("conversion") or {})


def _approval(obj: Obj) -> Errors:
    group = obj["spec"].get("group") or ""
    is_protected = any(group == domain or group.endswith(f".{domain}") for domain in PROTECTED)
    if is_protected and not (obj["metadata"].get("annotations") or {}).get(APPROVED):
        text = f'protected groups must have approval annotation "{APPROVED}", '
        text += "see https://github.com/kubernetes/enhancements/pull/1111"
        yield required("metadata.annotations[api-approved.kubernetes.io]", text)


def _group(group: str) -> Errors:
    if not group:
        yield required("spec.group")
    elif problems := is_dns1123_subdomain(group):
        yield invalid("spec.group", group, ",".join(problems))
    elif "." not in group:
        yield invalid("spec.group", group, "should be a domain with at least one dot")


def _versions(versions: list[Obj]) -> Errors:
    for index, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            yield required(f"spec.versions[{index}].schema.openAPIV3Schema", "schemas are required")
        name = version.get("name") or ""
        if problems := is_dns1035_label(name):
            yield invalid(f"spec.versions[{index}].name", name, ",".join(problems))
    yield from {str(error): error for each in _placed(versions) for error in _version(*each)}.values()
    names = [version.get("name") for version in versions]
    if len(set(names)) != len(names):
        yield invalid("spec.versions", versions, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        yield invalid("spec.versions", versions, "must have exactly one version marked as storage version")


def _version(version: Obj, places: dict[str, str]) -> Errors:
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    if schema:
        yield from structural(schema, f"{places['schema']}.openAPIV3Schema")
    warning = version.get("deprecationWarning")
    for problem in () if warning is None else _warning(warning, bool(version.get("deprecated"))):
        yield invalid(f"{places['']}.deprecationWarning", warning, problem)
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        yield from _column(column, f"{places['additionalPrinterColumns']}[{index}]")
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None:
        yield from _scale(scale, f"{places['subresources']}.scale")
    yield from _selectable(version.get("selectableFields") or (), schema, places["selectableFields"])


def _warning(text: str, is_deprecated: bool) -> Iterator[str]:
    """What is wrong with a warning of one's own."""
    if not is_deprecated:
        yield "can only be set for deprecated versions"
    elif len(text.encode()) > LONGEST_WARNING:
        yield f"must be <= {LONGEST_WARNING} characters long"
    elif not text:
        yield "must not be an empty string"


def _column(column: Obj, place: str) -> Errors:
    if not column.get("name"):
        yield required(f"{place}.name")
    given, form = column.get("type") or "", column.get("format") or ""
    words = f"must be one of {','.join(COLUMN_TYPES)}"
    if not given:
        yield required(f"{place}.type", words)
    elif given not in COLUMN_TYPES:
        yield invalid(f"{place}.type", given, words)
    if form and form not in COLUMN_FORMATS:
        yield invalid(f"{place}.format", form, f"must be one of {','.join(COLUMN_FORMATS)}")
    if not column.get("jsonPath"):
        yield required(f"{place}.JSONPath")
    else:
        yield from _path(column["jsonPath"], f"{place}.JSONPath")


def _scale(scale: Obj, place: str) -> Errors:
    for name, root in (
        ("specReplicasPath", ".spec."),
        ("statusReplicasPath", ".status."),
        ("labelSelectorPath", (".status.", ".spec.")),
    ):
        path = scale.get(name) or ""
        if not path:
            if name != "labelSelectorPath":
                yield required(f"{place}.{name}")
            continue
        problems = list(_path(path, f"{place}.{name}"))
        yield from problems
        if not problems and not path.startswith(root):
            wanted = root if isinstance(root, str) else "either .spec or .status"
            yield invalid(f"{place}.{name}", path, f"should be a json path under {wanted.rstrip('.')}")


def _path(path: str, place: str) -> Errors:
    if not path.startswith("."):
        yield invalid(place, path, "must be a simple json path starting with .")
        return
    try:
        parse_path(path)
    except ValueError as error:
        yield invalid(place, path, str(error))


def _selectable(fields: Any, schema: Obj, place: str) -> Errors:
    if len(fields) > MOST_SELECTABLE:
        yield FieldError("FieldValueTooMany", place, f"must have at most {MOST_SELECTABLE} items", len(fields))
    known: set[str] = set()
    for index, field in enumerate(fields):
        path, inner = field.get("jsonPath") or "", f"{place}[{index}].jsonPath"
        found: Any = schema
        for name in path.split(".")[1:]:
            found = (found.get("properties") or {}).get(name) if isinstance(found, dict) else None
        if not path:
            yield required(inner)
        elif not path.startswith(".") or not isinstance(found, dict):
            yield invalid(inner, path, "is an invalid path: does not refer to a valid field")
        elif path.startswith(".metadata"):
            yield invalid(inner, path, "must not point to fields in metadata")
        elif found.get("type") not in SELECTABLE_TYPES:
            text = "must point to a field of type string, boolean or integer. Enum string fields and strings with "
            yield invalid(inner, path, f"{text}formats are allowed.")
        if path in known:
            yield FieldError("FieldValueDuplicate", inner, "", path)
        known.add(path)


def _names(names: Obj) -> Errors:
    for name in ("plural", "singular", "kind", "listKind"):
        text, place = names.get(name) or "", f"spec.names.{name}"
        if not text:
            yield required(place)
            continue
        is_kind = name in ("kind", "listKind")
        if problems := is_dns1035_label(text.lower() if is_kind else text):
            intro = "may have mixed case, but should otherwise match: " if is_kind else ""
            yield invalid(place, text, intro + ",".join(problems))
    for name in ("shortNames", "categories"):
        for index, text in enumerate(names.get(name) or ()):
            if problems := is_dns1035_label(text):
                yield invalid(f"spec.names.{name}[{index}]", text, ",".join(problems))
    if names.get("kind") and names["kind"] == names.get("listKind"):
        yield invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same")


def _conversion(conversion: Obj) -> Errors:
    strategy = conversion.get("strategy") or ""
    if not strategy:
        yield required("spec.conversion.strategy")
    elif strategy not in ("None", "Webhook"):
        yield not_supported("spec.conversion.strategy", strategy, ("None", "Webhook"))
    elif strategy == "Webhook":
        text = "conversion by webhook is not supported here: only None, which changes nothing but the apiVersion"
        yield invalid("spec.conversion.strategy", strategy, text)
    elif conversion.get("webhook"):
        yield forbidden("spec.conversion.webhook", "should not be set when strategy is not set to Webhook")


def _change(new: Obj, old: Obj) -> Errors:
    spec, before = new["spec"], old["spec"]
    if has_condition(old, "Established"):
        yield from immutable("spec.scope", spec.get("scope"), before.get("scope"))
        yield from immutable("spec.names.kind", spec["names"].get("kind"), before["names"].get("kind"))
    yield from immutable("spec.group", spec.get("group"), before.get("group"))
    yield from immutable("spec.names.plural", spec["names"].get("plural"), before["names"].get("plural"))
    names = {version.get("name") for version in spec.get("versions") or ()}
    for index, name in enumerate((new.get("status") or {}).get("storedVersions") or ()):
        if name not in names:
            yield invalid(f"status.storedVersions[{index}]", name, STORED.format(name))


RULES: dict[tuple[str, str], Rules] = {
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): rules(
        is_dns1123_subdomain, _spec, _change, change_first=False
    ),
}
