"""A socket in front of the API: HTTPS on loopback, tokens and certificates, streams, and time that passes by itself.

Needs the extra `wire` (starlette, uvicorn, cryptography).
"""

from k8slab.http.pacing import Pacer, a_moment_ago
from k8slab.http.server import HttpServer

__all__ = [
    "HttpServer",
    "Pacer",
    "a_moment_ago",
]
