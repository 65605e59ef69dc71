"""Grading by behaviour: an answer is run on fresh clusters, and what it does is counted."""

from k8slab.grading.judge import EXERCISES, judge, worst_of
from k8slab.grading.verdict import Behaviour, Score

__all__ = ["EXERCISES", "Behaviour", "Score", "judge", "worst_of"]
