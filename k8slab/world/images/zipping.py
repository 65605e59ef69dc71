"""gzip, gunzip and zcat.

Source    busybox 1.37, archival/{gzip.c,bbunzip.c}
Left out  names and times in what is packed; levels
"""

from __future__ import annotations

import gzip
import zlib

from k8slab.world.files import as_bytes, as_text
from k8slab.world.images.calls import Call

__all__ = ["zip_or_unzip"]


def zip_or_unzip(call: Call) -> int:
    """Pack standard input, or files in their places (`-c`: to standard output); `-d` unpacks."""
    unpacks = call.name != "gzip" or "d" in call.flags
    code = 0
    for name in call.names or ["-"]:
        try:
            code = _one(call, name, unpacks) or code
        except (OSError, EOFError, zlib.error):
            code = call.fail("invalid magic")
    return code


def _one(call: Call, name: str, unpacks: bool) -> int:
    path = call.path(name)
    if name != "-" and path not in call.files:
        return call.fail(f"{name}: No such file or directory")
    to_stdout = name == "-" or call.name == "zcat" or "c" in call.flags
    if unpacks and not to_stdout and not name.endswith(".gz"):
        return call.fail(f"{name}: unknown suffix - ignored")
    data = as_bytes(call.stdin if name == "-" else call.files[path])
    made = as_text(gzip.decompress(data) if unpacks else gzip.compress(data, mtime=0))
    if to_stdout:
        call.out(made)
    else:
        call.files[path.removesuffix(".gz") if unpacks else path + ".gz"] = made
        del call.files[path]
    return 0
