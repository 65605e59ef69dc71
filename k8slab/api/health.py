"""Whether the server is alive and ready, in the words of the real one.

`/healthz`, `/livez` and `/readyz` answer `ok`, or with `?verbose` every check; `/readyz/etcd` is one of them.

Source    staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go (handleRootHealth, adaptCheckToHandler)
Left out  the hooks after the start, and every other check for which there is nothing to look at here; more than
          one check in `exclude`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from k8slab.wire import Response

__all__ = [
    "HEALTH_PATHS",
    "Check",
    "health",
]

Check = Callable[[], str]  # what is wrong, "" when nothing is

HEALTH_PATHS = ("/healthz", "/livez", "/readyz")


def health(path: str, params: Mapping[str, str], checks: Mapping[str, Check]) -> Response | None:
    """The answer at one of these paths or below it; None where there is no such check."""
    root, _, name = path[1:].partition("/")
    if not name:
        return _all(root, params, checks)
    if name not in checks:
        return None
    problem = checks[name]()
    return Response(500, {}, text=f"internal server error: {problem}\n") if problem else Response(200, {}, text="ok")


def _all(root: str, params: Mapping[str, str], checks: Mapping[str, Check]) -> Response:
    excluded = params.get("exclude", "")
    lines, is_well = [], True
    for name, check in checks.items():
        if name == excluded:
            lines.append(f"[+]{name} excluded: ok")
        elif check():
            lines.append(f"[-]{name} failed: reason withheld")
            is_well = False
        else:
            lines.append(f"[+]{name} ok")
    if excluded and excluded not in checks:
        lines.append(f'warn: some health checks cannot be excluded: no matches for "{excluded}"')
    if not is_well:
        return Response(500, {}, text="\n".join([*lines, f"{root} check failed\n"]))
    if "verbose" not in params:
        return Response(200, {}, text="ok")
    return Response(200, {}, text="\n".join([*lines, f"{root} check passed\n"]))
