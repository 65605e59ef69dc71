"""Selectors (temporary)."""
from __future__ import annotations
from typing import Any, NamedTuple
__all__ = ["matches", "parse_field_selector", "parse_label_selector", "as_text"]

class Requirements(list):
    def matches(self, labels):
        return all((labels.get(k) == v) if op == "=" else labels.get(k) != v for k, op, v in self)

class Fields(list):
    def matches(self, obj):
        for path, op, v in self:
            x = obj
            for p in path.split("."):
                x = (x or {}).get(p) if isinstance(x, dict) else None
            if ((str(x) if x is not None else "") == v) != (op == "="):
                return False
        return True

def _parse(text, cls):
    out = cls()
    for part in filter(None, text.split(",")):
        if "!=" in part:
            k, v = part.split("!="); out.append((k, "!=", v))
        else:
            k, _, v = part.partition("="); out.append((k, "=", v.lstrip("=")))
    return out

def parse_label_selector(text): return _parse(text, Requirements)
def parse_field_selector(text): return _parse(text, Fields)
def matches(sel, labels): return all(labels.get(k) == v for k, v in (sel.get("matchLabels") or {}).items())
def as_text(sel): return ",".join(f"{k}={v}" for k, v in (sel.get("matchLabels") or {}).items())
