"""The API server: kinds, admission, validation, storage, watching, tables and the audit record."""

from k8slab.api.admission import Review
from k8slab.api.audit import Audit, AuditEntry
from k8slab.api.kinds import KINDS, Kind
from k8slab.api.server import Api

__all__ = ["KINDS", "Api", "Audit", "AuditEntry", "Kind", "Review"]
