"""What a body says, in which form an answer is wanted, and the bytes of an answer.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go; .../handlers/rest.go;
          .../handlers/patch.go; .../responsewriters/writers.go (answers of 128 KiB and more are compressed)
Left out  answers in protobuf (other than /openapi/v2) and CBOR; in YAML a key that is given twice is a mistake, however
          it is validated
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import yaml

from k8slab.client import load_document
from k8slab.http.protobuf import decoded
from k8slab.http.swagger_protobuf import ANSWERED, ASKED, encoded
from k8slab.schema import parse_json
from k8slab.wire import BadRequest, NotAcceptable, Unreadable

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
SWAGGER = "/openapi/v2"
DISCOVERY = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
BODY_LIMIT_BYTES = 3 * 1024 * 1024
COMPRESSED_FROM_BYTES = 128 * 1024
SHAPES = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList")
OBJECT = "the object provided is unrecognized (must be of type {kind}): "
SUMMARY_BYTES = 30


def parsed(body: bytes, content_type: str, verb: str) -> tuple[Any, tuple[str, ...]]:
    """The value of a body, and warnings of fields it gives twice; None when there is none, or an Unreadable."""
    media = content_type.partition(";")[0].strip().lower() or JSON
    is_patch = verb == "patch"
    if not body and not is_patch:
        return None, ()
    readers = PATCHES if is_patch else OBJECTS
    if media not in readers:
        text = f"the body of the request was in an unknown format - accepted media types include: {', '.join(readers)}"
        return Unreadable("UnsupportedMediaType", text), ()
    title, read = readers[media]
    try:
        value, doubles = read(body)
    except (ValueError, BadRequest) as error:
        return Unreadable("BadRequest", f"{title}{error}" + ("" if is_patch else f" ({_summary(body)})")), ()
    return value, tuple(f"json patch {text}" if isinstance(value, list) else text for text in doubles)


def _summary(body: bytes) -> str:
    start = body[:SUMMARY_BYTES]
    return (start.decode("utf-8", "replace") if body[:1] == b"{" else start.hex()) + " ..." * (start != body)


def wanted_form(accept: str, path: str = "") -> str:
    """The media type to answer with. Raises NotAcceptable."""
    if path == SWAGGER and accept in (ASKED, ANSWERED):
        return ANSWERED
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
    try:
        return orjson.dumps(body, default=list)
    except TypeError:  # a number of more than 64 bits
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False, default=list).encode()


def packed(body: Any, form: str, encodings: str) -> tuple[bytes, dict[str, str]]:
    """The bytes of an answer, and its headers."""
    data = as_json(body) + b"\n" if form != ANSWERED else encoded(as_json(body))
    if form == YAML:
        data = yaml.safe_dump(json.loads(data), sort_keys=False, allow_unicode=True).encode()
    if isinstance(body, dict) and body.get("kind") == "APIGroupDiscoveryList":
        form += DISCOVERY
    headers = {"content-type": form}
    if len(data) >= COMPRESSED_FROM_BYTES and "gzip" in _words(encodings):
        return gzip.compress(data, 1), {**headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
    return data, headers


def _words(header: str) -> Iterable[str]:
    return (part.partition(";")[0].strip() for part in header.split(","))


def _yaml(body: bytes) -> tuple[Any, list[str]]:
    try:
        return load_document(body.decode()), []
    except UnicodeDecodeError:
        raise BadRequest("yaml: control characters are not allowed") from None
    except BadRequest as error:
        raise BadRequest(error.message.removeprefix("error: error parsing the body: ")) from None


def _protobuf(body: bytes) -> tuple[Any, list[str]]:
    return decoded(body), []


Reader = Callable[[bytes], tuple[Any, list[str]]]
OBJECTS: dict[str, tuple[str, Reader]] = {
    JSON: (OBJECT + "couldn't get version/kind; json parse error: ", parse_json),
    YAML: (OBJECT, _yaml),
    PROTOBUF: (OBJECT, _protobuf),
}
PATCHES: dict[str, tuple[str, Reader]] = {
    "application/json-patch+json": ("error decoding patch: ", parse_json),
    "application/merge-patch+json": ("error decoding patch: ", parse_json),
    "application/strategic-merge-patch+json": ("", parse_json),
    "application/apply-patch+yaml": ("error decoding YAML: ", _yaml),
}
