# reason: leaves no gap: after changes between the list and the watch
class Mirror:
    def __init__(self, reader, namespace):
        self.reader, self.namespace, self.pods, self.stream = reader, namespace, {}, None

    def step(self):
        if self.stream is None:
            found = self.reader.list("Pod", self.namespace)
            self.pods = {p["metadata"]["name"]: p["status"]["phase"] for p in found}
            self.stream = self.reader.watch("Pod", self.namespace)  # from now on, not from the list on
            self.version = found.resource_version
        for event in self.stream.pull():
            if event.type == "ERROR":
                self.stream = None
                return
            self.version = event.object["metadata"]["resourceVersion"]
            if event.type == "DELETED":
                self.pods.pop(event.object["metadata"]["name"], None)
            else:
                self.pods[event.object["metadata"]["name"]] = event.object["status"]["phase"]
        if self.stream.is_closed:
            self.stream = self.reader.watch("Pod", self.namespace, since=self.version)
