# %% [markdown] id="title"
# # 21 · Who builds the image?
#
# **The question:** a cluster only runs finished images, so who makes them, where, and what does the place cost?
#
# You will pull an image twice, build one twice, and then put the builder on a laptop, into the company, into a pod, and in
# two places at once. At the end you decide, in won per month and minutes per release.
#
# *It takes about 25 minutes. [00 · The whole picture](00_the_whole_picture.ipynb) is all you need before.*

# %%
import k8slab
lab = k8slab.Lab(nodes=3, zones=["zone-a"], cloud="seoul")
slab = lab.cluster

# %% [markdown] id="map"
# ## A map with lines
#
# Until now machines simply reached each other. Here the cluster stands in a cloud, the source code lies in the company,
# and somebody works at home. Between the sites are lines, each with a delay, a speed in bytes a second, and a price.

# %%
slab.site("seoul", "cloud", ["zone-a"])
slab.site("office", "company")
slab.site("laptop", "laptop")
slab.site("hub", "registry")

# %%
slab.link("office", "seoul", latency="5ms", bandwidth="50M", price="line")
slab.link("laptop", "seoul", latency="10ms", bandwidth="2.5M", back="12M", price="internet")
slab.link("laptop", "office", latency="10ms", bandwidth="2.5M", back="12M", price="internet")
for place in ("seoul", "office", "laptop"):
    slab.link("hub", place, latency="50ms", bandwidth="12M", price="internet")

# %% [markdown] id="registry"
# Images lie in **registries**. The public one is far away; the shop's own stands beside the cluster.

# %%
slab.registry("docker.io", at="hub")
slab.registry("registry.shop.example", at="seoul")

# %% [markdown] id="pull"
# ## Running is not building
#
# A Node's container runtime, containerd, fetches images and runs them. It cannot build any; Docker used to do both.
#
# **Predict:** six pods of one image start on three Nodes. How often is the image fetched over the line?

# %%
guess = lab.predict("once", "3 times", "6 times")
guess

# %%
# %kubectl create deployment web --image=nginx:1.27 --replicas=6

# %%
# %kubectl get events --field-selector reason=Pulled

# %%
guess.verdict("3 times")

# %% [markdown] id="layers"
# Read the waiting times: on each Node the first pod waited for the line, the second found the image there and only asked
# whether it was still the same. Nodes do not share. What is kept is not the image as one piece but its **layers**.
#
# ## A builder
#
# Somebody has to make the image: BuildKit, for instance, behind `docker build` or `nerdctl build`. The recipe is a
# Dockerfile, and each line becomes a layer.

# %%
slab.source("shop", {"go.mod": "2k", "go.sum": "8k", "cmd/web/main.go": "30k", "assets/": "40M"}, at="office")
slab.builder("laptop", at="laptop", cores=4)

# %%
DOCKERFILE = """FROM golang:1.24 AS build
COPY go.mod go.sum ./
# cost: cpu 20s, writes 150M
RUN go mod download
COPY . .
# cost: cpu 160s, threads 8, writes 60M /app
RUN go build -o /app ./cmd/web
FROM debian:trixie-slim
COPY assets /assets
COPY --from=build /app /app
CMD ["/app"]
"""

# %% [markdown] id="cost"
# The two comments are for this notebook alone: nothing is compiled here, so they say what it would cost.

# %%
IMAGE = "registry.shop.example/shop/web"
first = slab.build("laptop", f"{IMAGE}:1", DOCKERFILE, "shop")
print(first.log)

# %% [markdown] id="predict-cache"
# Now one line of `main.go` changes, and you build again.
#
# **Predict:** which lines of the Dockerfile are done anew?
#
# - **A** all of them
# - **B** those from `COPY . .` on, and what depends on them
# - **C** only `RUN go build`

# %%
guess = lab.predict("A", "B", "C")
guess

# %%
slab.edit("shop", "cmd/web/main.go")
second = slab.build("laptop", f"{IMAGE}:2", DOCKERFILE, "shop")
print(second.log)

# %%
guess.verdict("B")

# %%
for build in (first, second):
    print(f"build {build.build_s:6.1f} s, push {build.push_s:6.1f} s")

# %% [markdown] id="line"
# The cache saved the expensive parts, and only changed layers were pushed. Still the slow line takes its time: a program
# that is built far from its cluster travels there with every release.

# %% [markdown] id="places"
# ## Four places
#
# A server in the company; a pod of the cluster, beside the registry; or one of each, so that trying happens near the
# source and the last build near the registry.

# %%
# %%manifest
apiVersion: v1
kind: Pod
metadata: {name: buildkitd}
spec:
  containers: [{name: buildkitd, image: "moby/buildkit:v0.26.2",
    resources: {requests: {cpu: "2", memory: 4Gi}, limits: {cpu: "2"}}}]

# %%
slab.builder("office", at="office", cores=8)
slab.builder("pod", pod="default/buildkitd")
PLACES = {"laptop": "laptop", "company": "office", "pod": "pod", "both": ["office", "pod"]}

# %% [markdown] id="predict-place"
# A release is three tries, one build that counts, the push, and the roll-out.
#
# **Predict:** from which place is it quickest?

# %%
guess = lab.predict("laptop", "company", "pod", "both")
guess

# %%
release = {"deployment": "web", "image": f"{IMAGE}:3", "dockerfile": DOCKERFILE, "source": "shop"}
places = slab.compare_places(PLACES, releases=200, edit=["cmd/web/main.go"], tries=3, **release)

# %%
from k8slab.kubeadm.places import table, won_per_month
print(table(places))

# %%
guess.verdict(min(places, key=lambda place: place.minutes).name)

# %% [markdown] id="trade"
# Nobody wins everything. The pod moves almost no bytes and has few cores, which its Node must keep free all month. The
# company's server is quick, and its leased line costs whether it is used or not. The laptop is free as long as nobody
# counts the hours of who sits in front of it.
#
# ### Pull the lever: how often do you release?

# %%
from ipywidgets import interact

@interact(releases=(10, 5000, 10))
def month(releases=200):
    for place in places:
        print(f"{place.name:8} {won_per_month(place.release, releases):>12,.0f} won, {place.minutes:5.2f} min each")

# %% [markdown] id="rule"
# ## Break it: this is a bank
#
# A regulator says: source code never leaves the company.
#
# **Predict:** how many of the four places are left?

# %%
guess = lab.predict(1, 2, 3)
guess

# %%
slab.rule("source", ["company"])
allowed = slab.compare_places(PLACES, releases=200, edit=["cmd/web/main.go"], tries=3, **release)
print(table(allowed))

# %%
guess.verdict(sum(not place.refusal for place in allowed))

# %% [markdown] id="repair"
# A builder needs the source, so where source may not go, no builder may stand. Images may travel; that is the repair, and
# the reason why banks keep a builder inside and pay for the line.
#
# ## Your decision
#
# Choose a place and a number of releases, and say why. The two numbers are yours to defend.

# %%
CHOICE, RELEASES = "company", 200

# %%
mine = next(place for place in places if place.name == CHOICE)
print(f"{mine.name}: {won_per_month(mine.release, RELEASES):,.0f} won per month, {mine.minutes:.2f} minutes per release")

# %%
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | on a real cluster |
# |---|---|
# | `slab.build("laptop", …)` | `docker buildx build --push -t registry.shop.example/shop/web .` |
# | a builder in a pod | `docker buildx create --driver kubernetes` |
# | the price table | `k8slab/world/prices.yaml`: list prices of a large cloud, rounded; edit them as you like |

# %% [markdown] id="explain"
# ## What you can now explain
#
# - Why a cluster needs a builder beside it, and what a layer and its cache save.
# - What decides the cost of a release: where the source lies, where the registry stands, what is between them.
# - How a rule about data leaves fewer places, and what is left.
#
# **Practise:** the exercise for this notebook is in preparation; until then:
# [build a mirror that never loses a pod](../exercises/02_watch_not_listen/exercise.ipynb).
# **Back:** [14 · The proxy meets the users](14_the_proxy_meets_the_users.ipynb).
# **Next:** [the map of the course](index.ipynb).
