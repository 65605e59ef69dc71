"""Who may do what: identities, RBAC, the Node authorizer, the default policy, and questions about all of it."""

from k8slab.api.authorization.authorizer import AlwaysAllow, Authorizer, RbacAuthorizer
from k8slab.api.authorization.bootstrap import store_policy
from k8slab.api.authorization.escalation import check_escalation
from k8slab.api.authorization.identity import ADMINS
from k8slab.api.authorization.reviews import REVIEWS, answer_review

__all__ = [
    "ADMINS",
    "REVIEWS",
    "AlwaysAllow",
    "Authorizer",
    "RbacAuthorizer",
    "answer_review",
    "check_escalation",
    "store_policy",
]
