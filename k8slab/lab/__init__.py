"""The notebook side: Lab, magics, the hook after each cell, buttons and predictions."""

from k8slab.lab.course import Course
from k8slab.lab.exercise import Exercise
from k8slab.lab.lab import Lab
from k8slab.lab.language import LANGUAGES, language_of_notebook

__all__ = ["LANGUAGES", "Course", "Exercise", "Lab", "language_of_notebook"]
