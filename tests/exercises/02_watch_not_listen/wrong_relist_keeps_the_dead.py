# reason: survives 410: is gone, yet still shown
class Mirror:
    def __init__(self, reader, namespace):
        self.reader, self.namespace, self.pods, self.stream = reader, namespace, {}, None

    def step(self):
        if self.stream is None:
            found = self.reader.list("Pod", self.namespace)
            self.pods.update({p["metadata"]["name"]: p["status"]["phase"] for p in found})
            self.version = found.resource_version
            self.stream = self.reader.watch("Pod", self.namespace, since=self.version)
        if self.stream.is_closed:
            self.stream = self.reader.watch("Pod", self.namespace, since=self.version)
        for event in self.stream.pull():
            if event.type == "ERROR":
                self.stream = None
                return
            self.version = event.object["metadata"]["resourceVersion"]
            if event.type == "DELETED":
                self.pods.pop(event.object["metadata"]["name"], None)
            else:
                self.pods[event.object["metadata"]["name"]] = event.object["status"]["phase"]
