# reason: first look: after the first step, pod-0 is missing
class Mirror:
    def __init__(self, reader, namespace):
        self.pods = {}
        self.stream = reader.watch("Pod", namespace, since=reader.list("Pod", namespace).resource_version)

    def step(self):
        for event in self.stream.pull():
            if event.type == "DELETED":
                self.pods.pop(event.object["metadata"]["name"], None)
            elif event.type != "ERROR":
                self.pods[event.object["metadata"]["name"]] = event.object["status"]["phase"]
