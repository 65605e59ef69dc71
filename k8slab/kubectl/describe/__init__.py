"""kubectl describe: an object, those around it, and its events, for people. One layout per kind.

Source    staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go
"""

from k8slab.kubectl.describe.pods import pod_template
from k8slab.kubectl.describe.verb import describe

__all__ = ["describe", "pod_template"]
