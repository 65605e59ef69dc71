"""What Go's converter says of a value that does not fit its field: it reads the outcome of a strategic merge patch.

Source    staging/src/k8s.io/apimachinery/pkg/runtime/converter.go (fromUnstructured)
Left out  the base types of named strings; numbers that are too large, which Go cuts without a word
"""

from __future__ import annotations

import re

__all__ = ["converter_text"]

MISFIT = re.compile(r"json: cannot unmarshal (\w+)(?: (\S+))? into Go .* type (\S+)")
KINDS = {"object": "map", "array": "slice"}
NUMBERS, SCALARS = ("int32", "int64", "float64"), ("int32", "int64", "float64", "string", "bool")


def converter_text(problem: str) -> str:
    """The words of the JSON decoder in those of the converter."""
    misfit = MISFIT.fullmatch(problem)
    if misfit is None:
        return problem
    word, number, target = misfit.groups()
    if word != "number":
        kind = KINDS.get(word, word)
    else:
        kind = "float64" if "." in (number or "") else "int64"
    if target.startswith(("[]", "map[")):
        return f"cannot restore {'slice' if target[0] == '[' else 'map'} from {kind}"
    if target not in SCALARS:
        return f"cannot restore struct from: {kind}"
    if kind == "int64" and target in NUMBERS:
        return problem
    is_convertible = word == "number" and target != "bool"
    return f"cannot convert {kind} to {target}" if is_convertible else f"unrecognized type: {target}"
