"""The path of a request, hop by hop: name, virtual IP, rule, endpoint, handler, and where it fails."""

from k8slab.view.path.followed import Followed, Stage
from k8slab.view.path.path import RequestPath, path

__all__ = [
    "Followed",
    "RequestPath",
    "Stage",
    "path",
]
