"""What stands in the head of an answer: what a text is, and warnings.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/filters/warning.go (AddWarning); .../server/healthz/healthz.go;
          apimachinery/pkg/util/net/http.go (NewWarningHeader)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = [
    "text_headers",
    "warning_headers",
]

MOST_LETTERS = 4 * 1024
LETTERS_EACH = 256  # once all of them together are too long


def text_headers(path: str, code: int) -> dict[str, str]:
    """The headers of a text: of a log ("" for its path), of the metrics, or of what is said about the server."""
    if path.rstrip("/") == "/metrics":
        return {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
    if path or code != 200:
        return {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return {"content-type": "text/plain"}


def warning_headers(texts: Iterable[str]) -> list[str]:
    """The values of Warning headers, which are never too long; what a header cannot hold is left out."""
    told = [text for text in dict.fromkeys(texts) if not any(unicodedata.category(letter) == "Cc" for letter in text)]
    if sum(map(len, told)) > MOST_LETTERS:
        told = [text[:LETTERS_EACH] for text in told]
    values, letters = [], 0
    for text in told:
        if letters >= MOST_LETTERS:
            break
        letters += len(text)
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        values.append(f'299 - "{quoted}"'.encode(errors="replace").decode("latin-1"))
    return values
