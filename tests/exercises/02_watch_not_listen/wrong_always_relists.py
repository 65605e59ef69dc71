# reason: resumes: a new list after the watch was cut, although the server still remembered
class Mirror:
    def __init__(self, reader, namespace):
        self.reader, self.namespace, self.pods, self.stream = reader, namespace, {}, None

    def step(self):
        if self.stream is None or self.stream.is_closed:
            found = self.reader.list("Pod", self.namespace)
            self.pods = {p["metadata"]["name"]: p["status"]["phase"] for p in found}
            self.stream = self.reader.watch("Pod", self.namespace, since=found.resource_version)
        for event in self.stream.pull():
            if event.type == "DELETED":
                self.pods.pop(event.object["metadata"]["name"], None)
            elif event.type != "ERROR":
                self.pods[event.object["metadata"]["name"]] = event.object["status"]["phase"]
