"""The course as a whole: which notebooks there are, what builds on what, and how far the reader has come."""

from k8slab.lab.course.course import Course, course_of, keep_score
from k8slab.lab.course.progress import Progress

__all__ = ["Course", "Progress", "course_of", "keep_score"]
