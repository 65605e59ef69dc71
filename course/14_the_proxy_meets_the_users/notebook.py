# %% [markdown] id="title"
# # 14 · The proxy meets the users
#
# **The question:** pods come and go, so how does a user's request find one that is there?
#
# Users never know a pod. They know a name, and behind the name stand the rules that `kube-proxy` keeps on every Node. You
# will follow a request through these rules, and then replace every pod while hundreds of users a second keep asking.
#
# *It takes about 25 minutes. [00 · The whole picture](00_the_whole_picture.ipynb) is all you need before.*

# %%
import k8slab
lab = k8slab.Lab(nodes=3)

# %%
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {
    containers: [{name: nginx, image: "nginx:1.27", readinessProbe: {
      exec: {command: [sh, -c, "test ! -f /tmp/busy"]}, periodSeconds: 2, failureThreshold: 1}}]}}
"""
lab.apply(WEB)

# %% [markdown] id="service"
# ## An address of no machine
#
# A **Service** is a name with an address of its own.

# %%
# %kubectl expose deployment web --port=80

# %%
# %kubectl get services,pods -o wide

# %% [markdown] id="predict-address"
# **Predict:** which machine or pod has the Service's address?
#
# - **A** the control plane
# - **B** the first pod
# - **C** the Node the proxy runs on
# - **D** nobody

# %%
guess = lab.predict("A", "B", "C", "D")
guess

# %%
lab.path("http://web/", source="node-2")

# %%
guess.verdict("D")

# %% [markdown] id="rule"
# Nobody has it. The packet does not get far enough to find out: a rule on the very Node where it starts rewrites the
# address to that of a pod. Such a rule needs no process in the way, so there is nothing to queue at.
#
# ## The rules

# %%
print(lab.cluster.rules("node-1"))

# %%
lab.cluster.rules("node-1") == lab.cluster.rules("node-3")

# %% [markdown] id="same-rules"
# The same table on every Node. It is often said that the proxy stands outside and represents the servers. That picture
# helps: users meet it first, and it knows everyone who does the same job. Only, there is one on **every** Node, and it
# does not carry requests itself. It keeps the table, and the kernel does the rest.
#
# ## Who writes the list?
#
# The addresses come from an **EndpointSlice**, which a controller keeps up to date: the pods that the Service selects, and
# whether each is ready.

# %%
# %kubectl get endpointslices -l kubernetes.io/service-name=web

# %% [markdown] id="busy"
# ### Ready or not
#
# A pod may be alive and yet want no visitors. It says so by its **readiness probe**: here, a file called `busy`.
#
# **Predict:** one pod becomes busy. What do users notice?
#
# - **A** a quarter of their requests fails
# - **B** a quarter of their requests waits
# - **C** nothing

# %%
guess = lab.predict("A", "B", "C")
guess

# %%
pod = lab.client.list("Pod", "default")[0]["metadata"]["name"]
# %kubectl exec {pod} -- touch /tmp/busy
lab.run("10s")

# %%
from collections import Counter
answers = [lab.request("http://web/", source="node-2") for _ in range(300)]
Counter((answer.status, answer.pod) for answer in answers)

# %%
guess.verdict("C")

# %% [markdown] id="ready-again"
# The pod runs on, and nobody is sent to it. The kubelet asked the probe, wrote `Ready: False`, the controller moved the
# address, every proxy changed its table: the chain of the whole course, once more. Let it come back.

# %%
# %kubectl exec {pod} -- rm /tmp/busy
lab.run("10s")

# %% [markdown] id="affinity"
# ## Always the same one?
#
# Each new connection draws lots between the pods. A Service can remember where a user was: `sessionAffinity: ClientIP`.

# %%
# %kubectl patch service web -p '{"spec": {"sessionAffinity": "ClientIP"}}'

# %%
Counter(lab.request("http://web/", source="node-2").pod for _ in range(300))

# %%
# %kubectl patch service web -p '{"spec": {"sessionAffinity": "None"}}'

# %% [markdown] id="outside"
# ## From outside
#
# The Service's address means something inside the cluster only. For users outside, a **NodePort** opens the same port on
# every Node. In a cloud, a load balancer stands in front of these ports.

# %%
# %kubectl patch service web -p '{"spec": {"type": "NodePort"}}'

# %%
port = lab.client.get("Service", "web", "default")["spec"]["ports"][0]["nodePort"]
address = lab.client.get("Node", "node-1")["status"]["addresses"][0]["address"]
lab.path(f"http://{address}:{port}/", source="outside")

# %% [markdown] id="predict-lost"
# ## Break it: replace everything under load
#
# Two hundred requests a second, and in the middle of it all four pods are replaced, one after the other. Kubernetes starts
# a new one before it stops an old one.
#
# **Predict:** how many requests are lost?

# %%
guess = lab.predict(kind="number", unit="requests")
guess

# %%
load = lab.cluster.start_load("http://web/", 200, lasting="2m")
lab.kubectl("rollout restart deployment web")
lab.run("2m")

# %%
lab.traffic(load)

# %%
guess.verdict(round(load.report().lost))

# %% [markdown] id="race"
# It is a race. When a pod is to go, two things begin at the same moment: its kubelet tells it to stop, and the controller
# takes its address from the list. Stopping is quick. Until every proxy has the new table, requests still go to a door that
# is closed.
#
# ### Repair it
#
# Let the pod wait before it stops, so that the news is faster. A `preStop` hook does that. Move the slider: each time, a
# cluster of its own goes through the same restart.

# %%
from ipywidgets import interact
HOOK = 'lifecycle: {preStop: {sleep: {seconds: PAUSE}}}, readinessProbe'

def restart(pause=0, a_second=200):
    trial = k8slab.Cluster(nodes=3)
    trial.apply(WEB.replace("readinessProbe", HOOK.replace("PAUSE", str(pause))) if pause else WEB)
    trial.kubectl("expose deployment web --port=80")
    trial.settle()
    load = trial.start_load("http://web/", a_second, lasting="2m")
    trial.kubectl("rollout restart deployment web")
    trial.run("2m")
    return load.report()

# %%
interact(restart, pause=(0, 10), a_second=(100, 2000, 100));

# %% [markdown] id="number"
# ## The number
#
# Requests lost during the restart, with and without the pause, and how evenly the pods shared the work.

# %%
for pause in (0, 5):
    print(f"pause of {pause} s: {restart(pause).lost:6.0f} requests lost")
by_pod = Counter(answer.pod for answer in answers)
print(f"busiest pod / idlest pod: {max(by_pod.values()) / min(by_pod.values()):.2f}")

# %%
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | on a real cluster |
# |---|---|
# | `lab.request("http://web/")` | `kubectl run tmp --rm -it --image=busybox -- wget -qO- http://web/` |
# | `lab.cluster.rules("node-1")` | `nft list table ip kube-proxy` on the machine (or `iptables-save`) |
# | `lab.cluster.start_load(…)` | a load generator such as `hey` or `k6` |
#
# `%kubectl` lines work there without the `%`.

# %% [markdown] id="explain"
# ## What you can now explain
#
# - Why a Service has an address that no machine has, and what a packet to it goes through.
# - How a pod that is not ready disappears from every Node's table, though it runs.
# - Why a restart can lose requests, and what a pause before the end changes.
#
# **Practise:** the exercise for this notebook is in preparation; until then:
# [build a mirror that never loses a pod](../exercises/02_watch_not_listen/exercise.ipynb).
# **Back:** [10 · Scheduling is a proposal](10_scheduling_is_a_proposal.ipynb).
# **Next:** [21 · Who builds the image?](21_who_builds_the_image.ipynb).
