"""What a body says, in which form an answer is wanted, and the bytes of an answer.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go; .../handlers/rest.go;
          .../responsewriters/writers.go (answers of 128 KiB and more are compressed)
Left out  answers in protobuf and CBOR
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import yaml

from k8slab.client import load_document
from k8slab.http.protobuf import decoded
from k8slab.wire import BadRequest, NotAcceptable, UnsupportedMediaType

__all__ = [
    "BODY_LIMIT_BYTES",
    "JSON",
    "as_json",
    "packed",
    "parsed",
    "shape_of",
    "wanted_form",
]

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
DISCOVERY = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
BODY_LIMIT_BYTES = 3 * 1024 * 1024
COMPRESSED_FROM_BYTES = 128 * 1024
SURROGATE = b"\\ud"
SHAPES = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList")
PATCHES = {
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
}
READABLE = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


def parsed(body: bytes, content_type: str, verb: str) -> Any:
    """The value of a body; None when there is none. Raises BadRequest, UnsupportedMediaType."""
    media = content_type.partition(";")[0].strip().lower() or JSON
    if verb == "patch":
        if media not in PATCHES:
            accepted = ", ".join(sorted(PATCHES))
            text = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
            raise UnsupportedMediaType(text)
        return _yaml(body) if media.endswith("yaml") else _json(body)
    if not body:
        return None
    readers: dict[str, Callable[[bytes], Any]] = {JSON: _json, YAML: _yaml, PROTOBUF: _protobuf}
    if media not in readers:
        text = "the body of the request was in an unknown format - accepted media types include: " + READABLE
        raise UnsupportedMediaType(text)
    return readers[media](body)


def wanted_form(accept: str) -> str:
    """The media type to answer with. Raises NotAcceptable."""
    for part in accept.split(",") if accept else ["*/*"]:
        media = part.partition(";")[0].strip().lower()
        if media in (JSON, "*/*", "application/*", "text/plain", "text/html"):
            return JSON
        if media in (YAML, "application/x-yaml"):
            return YAML
    raise NotAcceptable("only the following media types are accepted: application/json, application/yaml")


def shape_of(accept: str) -> str:
    """The `as=` of the first form that is known here ("Table", …); "" for the object itself."""
    for part in accept.split(","):
        media, *params = [text.strip() for text in part.split(";")]
        values = dict(text.split("=", 1) for text in params if "=" in text)
        if media in (JSON, YAML) and values.get("as", "") in ("", *SHAPES):
            return values.get("as", "")
    return ""


def as_json(body: Any) -> bytes:
    """One object as the server writes it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, default=list).encode()


def packed(body: Any, form: str, encodings: str) -> tuple[bytes, dict[str, str]]:
    """The bytes of an answer, and its headers."""
    data = as_json(body) + b"\n"
    if form == YAML:
        data = yaml.safe_dump(json.loads(data), sort_keys=False, allow_unicode=True).encode()
    if isinstance(body, dict) and body.get("kind") == "APIGroupDiscoveryList":
        form += DISCOVERY
    headers = {"content-type": form, "cache-control": "no-cache, private"}
    if len(data) >= COMPRESSED_FROM_BYTES and "gzip" in _words(encodings):
        return gzip.compress(data, 1), {**headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
    return data, headers


def _words(header: str) -> Iterable[str]:
    return (part.partition(";")[0].strip() for part in header.split(","))


def _json(body: bytes) -> Any:
    try:
        value = json.loads(body, parse_constant=_refuse, parse_float=_number)
        return json.loads(_whole(json.dumps(value, ensure_ascii=False))) if SURROGATE in body.lower() else value
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the object provided is unrecognized: couldn't parse JSON: {error}") from None


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"cannot unmarshal number {text} into Go value of type float64")
    return number


def _whole(text: str) -> str:
    """The text with a replacement character for each half of a character, as Go reads it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _refuse(word: str) -> Any:
    raise ValueError(f"invalid character '{word[0]}' looking for beginning of value")


def _yaml(body: bytes) -> Any:
    try:
        return load_document(body.decode())
    except UnicodeDecodeError:
        raise BadRequest("the body of the request is not UTF-8") from None


def _protobuf(body: bytes) -> Any:
    try:
        return decoded(body)
    except ValueError as error:
        raise BadRequest(f"the object provided is unrecognized: {error}") from None
