class Mirror:
    def __init__(self, reader, namespace):
        self.reader, self.namespace = reader, namespace
        self.pods = {}
        self.stream = None
        self.version = ""

    def step(self):
        if self.stream is None:
            self.relist()
        if self.stream.is_closed:
            self.stream = self.reader.watch("Pod", self.namespace, since=self.version)
        for event in self.stream.pull():
            if event.type == "ERROR":
                return self.relist()
            pod = event.object
            self.version = pod["metadata"]["resourceVersion"]
            if event.type == "DELETED":
                self.pods.pop(pod["metadata"]["name"], None)
            else:
                self.pods[pod["metadata"]["name"]] = pod["status"]["phase"]

    def relist(self):
        found = self.reader.list("Pod", self.namespace)
        self.pods = {pod["metadata"]["name"]: pod["status"]["phase"] for pod in found}
        self.version = found.resource_version
        self.stream = self.reader.watch("Pod", self.namespace, since=self.version)
