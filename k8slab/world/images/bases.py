"""The base that most server images are built upon."""

__all__ = [
    "DEBIAN",
    "TRIXIE",
]

DEBIAN = frozenset(("wget", "curl", "nslookup", "ping", "nc", "ps", "uptime"))  # programs that it has not
TRIXIE = "debian:trixie-slim"
