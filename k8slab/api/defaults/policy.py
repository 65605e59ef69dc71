"""The fields of budgets, quotas, limits and priorities that the server fills in.

Source    pkg/apis/{core,policy,scheduling}/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["DEFAULTS"]

Obj = dict[str, Any]

DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {}
