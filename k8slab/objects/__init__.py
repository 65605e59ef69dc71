"""Objects."""
from k8slab.objects.keys import *
from k8slab.objects.times import *
from k8slab.objects.quantities import *
from k8slab.objects.owners import *
from k8slab.objects.conditions import *
from k8slab.objects.freeze import *
from k8slab.objects.selectors import *
