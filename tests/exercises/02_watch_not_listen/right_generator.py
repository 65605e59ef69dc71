class Mirror:
    """The same by a small state machine: every step goes on where the last one had to stop."""

    def __init__(self, reader, namespace):
        self.pods = {}
        self._watch = lambda since: reader.watch("Pod", namespace, since=since)
        self._list = lambda: reader.list("Pod", namespace)
        self._work = self._follow()

    def step(self):
        next(self._work)

    def _follow(self):
        while True:
            found = self._list()
            self.pods.clear()
            self.pods.update({p["metadata"]["name"]: p["status"]["phase"] for p in found})
            since = found.resource_version
            forgotten = False
            while not forgotten:
                stream = self._watch(since)
                while not forgotten:
                    for kind, pod in stream.pull():
                        if kind == "ERROR":
                            forgotten = True
                            break
                        since = pod["metadata"]["resourceVersion"]
                        name = pod["metadata"]["name"]
                        if kind == "DELETED":
                            del self.pods[name]
                        else:
                            self.pods[name] = pod["status"]["phase"]
                    if not forgotten:
                        yield
                    if stream.is_closed:
                        break
