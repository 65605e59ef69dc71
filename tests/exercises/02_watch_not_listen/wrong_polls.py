# reason: does not poll: 60 requests in 60 steps
class Mirror:
    def __init__(self, reader, namespace):
        self.reader, self.namespace, self.pods = reader, namespace, {}

    def step(self):
        found = self.reader.list("Pod", self.namespace)
        self.pods = {p["metadata"]["name"]: p["status"]["phase"] for p in found}
