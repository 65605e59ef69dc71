"""Apache: httpd with its first page, and the PHP page that computes, with which autoscaling is tried out.

Source    docker.io/library/httpd; kubernetes.io, "HorizontalPodAutoscaler Walkthrough" (registry.k8s.io/hpa-example)
Left out  their logs; what is written in httpd.conf; other pages
"""

from __future__ import annotations

from k8slab.world.images.bases import DEBIAN, TRIXIE
from k8slab.world.images.behaviour import Behaviour, HttpRequest, Reply

__all__ = [
    "Httpd",
    "PhpApache",
]


class Httpd(Behaviour):
    """httpd: It works!"""

    own = frozenset(("httpd", "httpd-foreground"))
    ports = (80,)
    size_bytes = 58_720_256
    base = TRIXIE
    lacks = DEBIAN
    page = "<html><body><h1>It works!</h1></body></html>\n"

    def on_request(self, request: HttpRequest) -> Reply | str:
        """The page that says that it works, or 404."""
        return Reply(200, self.page) if request.path == "/" else Reply(404)


class PhpApache(Httpd):
    """A million square roots for each request, and then `OK!`; about as long as the walkthrough's figures need."""

    own = frozenset(("apache2-foreground",))
    size_bytes = 150 * 1024**2
    base = ""
    tags = "latest"
    page = "OK!"
    memory_bytes = 12 * 1024**2
    cpu_s_per_request = 0.035
