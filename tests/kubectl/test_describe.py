from __future__ import annotations

from k8slab.kubeadm import Cluster

OWN_SECRETS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: secrets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: secrets, singular: secret, kind: Secret}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
OWN_SECRET = "{apiVersion: example.com/v1, kind: Secret, metadata: {name: plan}, data: {step: no base64}}"


def test_a_layout_is_that_of_a_kind_and_its_group() -> None:
    """Source: staging/src/k8s.io/kubectl/pkg/describe/describe.go, describerMap (by GroupKind)."""
    cluster = Cluster(nodes=1)
    cluster.kubectl("apply -f -", stdin=OWN_SECRETS)
    cluster.run("5s")
    cluster.kubectl("apply -f -", stdin=OWN_SECRET)

    text = cluster.kubectl("describe secrets.example.com plan")

    assert "API Version:  example.com/v1" in text
    assert "  Step:  no base64" in text
