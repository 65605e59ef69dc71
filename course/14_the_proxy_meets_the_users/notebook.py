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

# %% [markdown] id="web"
# The web servers of this notebook are four pods of a Deployment. (What their `readinessProbe` is for comes further down.)

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
# Four pods do the same job. Each has an address, and each new pod gets another one, so a user had better not learn it by
# heart. A **Service** is a name with an address of its own, which stays.

# %%
# %kubectl expose deployment web --port=80

# %%
# %kubectl get services
# %kubectl get pods -o custom-columns=POD:.metadata.name,IP:.status.podIP,NODE:.spec.nodeName

# %% [markdown] id="predict-address"
# **Predict:** which machine or pod has the Service's address?

# %%
guess_1 = lab.predict(
    "the control plane", "one of the pods", "each Node, where the proxy runs", "none")
guess_1

# %%
lab.path("http://web/", source="node-2")

# %%
address = lab.client.get("Service", "web", "default")["spec"]["clusterIP"]
# some pods, like kube-proxy's, have the address of their machine
taken = {pod["status"]["podIP"] for pod in lab.client.list("Pod")}
guess_1.verdict("one of the pods" if address in taken else "none")

# %% [markdown] id="rule"
# Nobody has it. Follow the hops: **coredns** told the address that belongs to the name `web`. Then a rule on the very Node
# where the packet starts rewrote that address to a pod's. It is a rule of the kernel, not a program in the way, so there is
# nobody to queue at.
#
# ## The rules
#
# One line for each Service: its address, and the pods behind it. (The others belong to the cluster itself.)

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

# %%
guess_2 = lab.predict("a quarter of requests fails", "a quarter of requests waits", "nothing")
guess_2

# %%
pod = lab.client.list("Pod", "default")[0]["metadata"]["name"]
# %kubectl exec {pod} -- touch /tmp/busy
lab.run("10s")

# %%
from collections import Counter
answers = [lab.request("http://web/", source="node-2") for _ in range(300)]
for (status, by), times in Counter((answer.status, answer.pod) for answer in answers).items():
    print(f"{times} requests: {status} from {by}")
good = all(answer.status == 200 for answer in answers)
guess_2.verdict("nothing" if good else "a quarter of requests fails")

# %% [markdown] id="ready-again"
# Every answer has status `200`, which means well. The pod runs on, and nobody is sent to it. The kubelet asked the probe, wrote `Ready: False`, the controller moved the
# address, every proxy changed its table: the chain of the whole course, once more. Let it come back.

# %%
# %kubectl exec {pod} -- rm /tmp/busy
lab.run("10s")

# %% [markdown] id="affinity"
# ## Always the same one?
#
# Each new connection draws lots between the pods, so the counts above are similar and not equal. A Service can also
# remember which pod a user's address was sent to: `sessionAffinity: ClientIP`.

# %%
# %kubectl patch service web -p '{"spec": {"sessionAffinity": "ClientIP"}}'

# %%
Counter(lab.request("http://web/", source="node-2").pod for _ in range(300))

# %% [markdown] id="outside"
# ## From outside
#
# The Service's address means something inside the cluster only. For users outside, a **NodePort** opens the same port on
# every Node. In a cloud, a load balancer stands in front of these ports.

# %%
# %kubectl patch service web -p '{"spec": {"sessionAffinity": "None", "type": "NodePort"}}'

# %%
port = lab.client.get("Service", "web", "default")["spec"]["ports"][0]["nodePort"]
address = lab.client.get("Node", "node-1")["status"]["addresses"][0]["address"]
lab.path(f"http://{address}:{port}/", source="outside")

# %% [markdown] id="door"
# The user knocked at node-1, and the rule there chose among **all** pods, wherever they are. Any Node is a door to every
# Service.
#
# ## Break it: replace everything under load
#
# Two hundred requests a second, and in the middle of it all four pods are replaced, a few at a time: that is what
# `rollout restart` does. Kubernetes starts new ones before it stops old ones.
#
# **Predict:** how many requests are lost?

# %%
guess_3 = lab.predict(kind="number", unit="requests")
guess_3

# %%
load = lab.cluster.start_load("http://web/", 200, lasting="30s")
lab.run("10s")
lab.kubectl("rollout restart deployment web")
lab.run("20s")

# %%
lab.traffic(load)

# %%
guess_3.verdict(round(load.report().lost))

# %% [markdown] id="race"
# It is a race. When a pod is to go, two things begin at the same moment: its kubelet tells it to stop, and the controller
# takes its address from the list. Stopping is quick. Until every proxy has the new table, requests still go to the old
# address: at first they are **refused**, for the door is closed, and when the pod's network is gone, too, they wait for an
# answer in vain until their **timeout**. (Fractions of requests appear because the load is worked out as a flow.
# In the chart, `p50` and `p99` are the waiting times that half and nearly all of the answers stay below.)
#
# ### Repair it
#
# Let the pod wait before it stops, so that the news is faster. A `preStop` hook does that. Move the sliders: each time, a
# cluster of its own goes through the same restart. (Each is a race of its own, so the numbers differ from those above.)
# Which `pause` is enough, and does it depend on the load, the requests `a_second`?

# %%
HOOK = 'lifecycle: {preStop: {sleep: {seconds: PAUSE}}}, readinessProbe'

def restart(pause=0, a_second=200):
    trial = k8slab.Cluster(nodes=3)
    trial.apply(WEB.replace("readinessProbe", HOOK.replace("PAUSE", str(pause))) if pause else WEB)
    trial.kubectl("expose deployment web --port=80")
    trial.settle()
    load = trial.start_load("http://web/", a_second, lasting="30s")
    trial.run("10s")
    trial.kubectl("rollout restart deployment web")
    trial.run("20s")
    return load.report()

# %%
from ipywidgets import interact

@interact(pause=(0, 10), a_second=(100, 2000, 100))
def race(pause=0, a_second=200):
    report = restart(pause, a_second)
    print(f"{report.lost:.0f} of {report.sent:,.0f} requests lost")
    return lab.traffic(report)

# %% [markdown] id="number"
# ## The number
#
# Requests lost during the restart, with and without the pause: the whole difference is a few seconds in which a pod that
# must go still opens the door. And how evenly the pods shared the work, which drawing lots makes nearly equal, never quite.

# %%
for pause in (0, 5):
    print(f"pause of {pause} s: {restart(pause).lost:6.0f} requests lost")
by_pod = Counter(answer.pod for answer in answers)
uneven = max(by_pod.values()) / min(by_pod.values())
print(f"busiest pod / idlest pod: {uneven:.2f} (equal shares: 1.00)")

# %%
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | on a real cluster |
# |---|---|
# | `lab.request("http://web/")` | `kubectl run tmp --rm -it --image=busybox -- wget -qO- http://web/` |
# | `lab.cluster.rules("node-1")` | on the machine, `iptables-save -t nat`, or `nft list table ip kube-proxy` in nftables mode |
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
