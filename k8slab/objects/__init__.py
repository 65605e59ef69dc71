"""Pure functions on objects in wire form: selectors, quantities, owners, conditions, moments, differences."""

from k8slab.objects.amounts import canonical_quantity, pod_resources, sum_of_resources
from k8slab.objects.budgets import budgets_of, with_disruption_condition
from k8slab.objects.conditions import get_condition, has_condition, is_active, is_leaving, is_ready, with_condition
from k8slab.objects.deferred import Deferred
from k8slab.objects.diff import MISSING, Change, changes, item_name, path_text
from k8slab.objects.freeze import freeze, signature, thaw
from k8slab.objects.jsonpath import parse_path
from k8slab.objects.keys import Key, key_of
from k8slab.objects.names import (
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_value,
    is_qualified_name,
)
from k8slab.objects.owners import controller_of, owned_by, owner_reference
from k8slab.objects.placement import matches_node_term, tolerates
from k8slab.objects.qos import qos_class
from k8slab.objects.quantities import cpu_m, parse_quantity, size_bytes
from k8slab.objects.quotas import is_in_scope, quota_names, quota_usage
from k8slab.objects.schedules import Schedule, parse_schedule
from k8slab.objects.selectors import (
    FieldSelector,
    LabelSelector,
    Requirement,
    as_text,
    matches,
    matches_requirement,
    parse_field_selector,
    parse_label_selector,
)
from k8slab.objects.times import human_age, parse_rfc3339, rfc3339, rfc3339_micro

__all__ = [
    "MISSING",
    "Change",
    "Deferred",
    "FieldSelector",
    "Key",
    "LabelSelector",
    "Requirement",
    "Schedule",
    "as_text",
    "budgets_of",
    "canonical_quantity",
    "changes",
    "controller_of",
    "cpu_m",
    "freeze",
    "get_condition",
    "has_condition",
    "human_age",
    "is_active",
    "is_dns1035_label",
    "is_dns1123_label",
    "is_dns1123_subdomain",
    "is_in_scope",
    "is_label_value",
    "is_leaving",
    "is_qualified_name",
    "is_ready",
    "item_name",
    "key_of",
    "matches",
    "matches_node_term",
    "matches_requirement",
    "owned_by",
    "owner_reference",
    "parse_field_selector",
    "parse_label_selector",
    "parse_path",
    "parse_quantity",
    "parse_rfc3339",
    "parse_schedule",
    "path_text",
    "pod_resources",
    "qos_class",
    "quota_names",
    "quota_usage",
    "rfc3339",
    "rfc3339_micro",
    "signature",
    "size_bytes",
    "sum_of_resources",
    "thaw",
    "tolerates",
    "with_condition",
    "with_disruption_condition",
]
