"""What the server serves as OpenAPI tells it: version 3 by group and version, version 2 in one piece."""

from k8slab.api.openapi.documents import openapi

__all__ = ["openapi"]
