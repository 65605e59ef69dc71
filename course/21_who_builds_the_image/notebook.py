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
# and somebody works at home. `hub` is where the public images of the world are.
#
# Between the sites are lines, each with a delay, a speed in bytes a second (`back` in the other direction, where that
# differs), and a price. The company has leased its `line` to the cloud; everybody else uses the internet.

# %%
slab.site("seoul", "cloud", ["zone-a"])
slab.site("office", "company")
slab.site("laptop", "laptop")
slab.site("hub", "registry")
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
guess_1 = lab.predict("once", "3 times", "6 times")
guess_1

# %%
# %kubectl create deployment web --image=nginx:1.27 --replicas=6

# %%
COLUMNS = "NODE:.source.host,POD:.involvedObject.name,MESSAGE:.message"
# %kubectl get events --field-selector reason=Pulled --sort-by=.source.host -o custom-columns={COLUMNS}
pulled = [event["message"] for event in lab.client.list("Event", "default", fields="reason=Pulled")]
fetched = [message for message in pulled if "nginx" in message and "ms (" not in message]
guess_1.verdict("once" if len(fetched) == 1 else f"{len(fetched)} times")

# %% [markdown] id="layers"
# Read the waiting times. On each Node one pod waited for the line. The other stood in the queue behind it, found the image
# there, and only asked the registry whether that is still the one. Nodes do not share with each other.
#
# What a Node keeps is not the image as one piece but its **layers**: packed folders, one on top of the other. Another
# image with the same layer at the bottom need not fetch that layer again.
#
# ## A builder
#
# Somebody has to make the image: BuildKit, for instance, behind `docker build` or `nerdctl build`. It needs the source,
# which lies in the office, and a machine; here, a laptop at home.

# %%
slab.source("shop", {"go.mod": "2k", "go.sum": "8k", "cmd/web/main.go": "30k", "assets/": "40M"}, at="office")
slab.builder("laptop", at="laptop", cores=4);

# %% [markdown] id="recipe"
# The recipe is a Dockerfile. It takes a base (`FROM`), brings files in (`COPY`) and runs commands (`RUN`), and what each
# line changes becomes a layer. There are two stages: one with the compiler, and a lean one that takes only the finished
# program from it. The lean one is the image.

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
print(first.log.replace("\n\n", "\n"))

# %% [markdown] id="predict-cache"
# That is what a builder prints: every step with a number and its seconds. At the end it *pushes* the layers to the
# registry.
#
# Now one line of `main.go` changes, and you build again.
#
# **Predict:** which lines of the Dockerfile are done anew?

# %%
guess_2 = lab.predict("all of them", "COPY . . and what depends on it", "only RUN go build")
guess_2

# %%
slab.edit("shop", "cmd/web/main.go")
second = slab.build("laptop", f"{IMAGE}:2", DOCKERFILE, "shop")
print(second.log.replace("\n\n", "\n"))

# %%
import re
for build in (first, second):
    print(f"build {build.build_s:6.1f} s, push {build.push_s:6.1f} s")
kept = re.findall(r"\] (.*)\n#\d+ CACHED", second.log)
anew = "only RUN go build" if "COPY . ." in kept else "COPY . . and what depends on it"
guess_2.verdict(anew if kept else "all of them")

# %% [markdown] id="line"
# The builder kept every layer. A line is `CACHED` as long as neither it, nor the files it copies, nor anything before it
# has changed. And the registry got only the layers that it did not have. Still the slow line takes its time: a program
# that is built far from its cluster travels there with every release.

# %% [markdown] id="places"
# ## Four places
#
# The laptop is one place for a builder. Others are a server in the company; a pod of the cluster, beside the registry; or
# one of each, so that trying happens near the source and the last build near the registry. BuildKit runs in a pod like
# anything else.

# %%
# %%manifest
apiVersion: v1
kind: Pod
metadata: {name: buildkitd}
spec:
  containers: [{name: buildkitd, image: "moby/buildkit:v0.26.2", securityContext: {privileged: true},
    resources: {requests: {cpu: "2", memory: 4Gi}, limits: {cpu: "2"}}}]

# %%
slab.builder("office", at="office", cores=8)
slab.builder("pod", pod="default/buildkitd")
PLACES = {"at home": "laptop", "in the company": "office", "in a pod": "pod",
          "on both sides": ["office", "pod"]}

# %% [markdown] id="predict-place"
# A release is: you change the source and try three times, then comes the build that counts, the push, and the roll-out to
# the pods. Each place gets a copy of this cluster and makes the same release there.
#
# **Predict:** from which place is it quickest?

# %%
guess_3 = lab.predict(*PLACES)
guess_3

# %%
release = {"deployment": "web", "image": f"{IMAGE}:3", "dockerfile": DOCKERFILE, "source": "shop"}
places = slab.compare_places(PLACES, releases=200, edit=["cmd/web/main.go"], tries=3, **release)

# %%
from k8slab.kubeadm.places import table, won_by_part
print(table(places))
guess_3.verdict(min(places, key=lambda place: place.minutes).name)

# %% [markdown] id="trade"
# Nobody wins everything. The pod moves almost no bytes and has few cores, which its Node must keep free all month. The
# company's server is quick, and its leased line costs whether it is used or not. The laptop is free, as long as nobody
# counts the hours of the person in front of it.
#
# ### Pull the lever: how often, and what is an hour worth?
#
# Give the waiting person's hour a price, then look for the number of releases from which on the company's server is the
# cheapest.

# %%
from ipywidgets import interact

def won(place, releases, hour):
    return [*won_by_part(place.release, releases).values(), releases * place.minutes / 60 * hour]

# %%
@interact(releases=(10, 2000, 10), hour=(0, 60000, 5000))
def month(releases=200, hour=20000):
    for place in places:
        traffic, line, builder, waiting = parts = won(place, releases, hour)
        print(f"{sum(parts):10,.0f} won a month {place.name}")
        print(f"{traffic:14,.0f} traffic + {line:,.0f} line +",
              f"{builder:,.0f} builder + {waiting:,.0f} waiting")

# %% [markdown] id="dear"
# The bytes themselves cost nothing here: clouds charge for what leaves them, not for what comes in. What distance costs
# is the rent of the line, and minutes. With few releases the rent decides, with many the minutes do.

# %% [markdown] id="rule"
# ## Break it: this is a bank
#
# A regulator says: source code never leaves the company.
#
# **Predict:** how many of the four places are left?

# %%
guess_4 = lab.predict(1, 2, 3)
guess_4

# %%
slab.rule("source", ["company"])
allowed = slab.compare_places(PLACES, releases=200, edit=["cmd/web/main.go"], tries=3, **release)
print(table(allowed))
guess_4.verdict(sum(not place.refusal for place in allowed))

# %% [markdown] id="repair"
# A builder needs the source, so where source may not go, no builder may stand. The finished image may travel. That is the
# way out, and the reason why banks keep a builder inside and pay for the line.
#
# ### Repair it
#
# This time the release is made in this very cluster, from the place that is left. Look at the tags of the pods.

# %%
slab.release(**release, builder="office")

# %% [markdown] id="decide"
# ## Your decision
#
# Choose a place, and how you release. Would your choice still stand in a bank?

# %%
@interact(place=list(PLACES), releases=(10, 2000, 10), hour=(0, 60000, 5000))
def decide(place="in the company", releases=200, hour=20000):
    mine, ruled = ({one.name: one for one in them}[place] for them in (places, allowed))
    month = sum(won(mine, releases, hour))
    print(f"{place}: {month:,.0f} won per month, {mine.minutes:.2f} minutes per release")
    print("in a bank:", ruled.refusal or "allowed")

# %% [markdown] id="number"
# ## The number
#
# Write your choice into the cell, run it, and say in one sentence why. The two numbers are yours to defend.

# %%
PLACE, RELEASES, HOUR = "in the company", 200, 20000
decide(PLACE, RELEASES, HOUR)

# %%
lab.score()

# %% [markdown] id="real"
# ## On a real cluster
#
# | here | on a real cluster |
# |---|---|
# | `slab.build("laptop", …)` | `docker buildx build --push -t registry.shop.example/shop/web:1 .` |
# | `slab.release(…)` | the same, then `kubectl set image deployment/web nginx=registry.shop.example/shop/web:3` |
# | a builder in a pod | `docker buildx create --driver kubernetes` |
# | `lab.prices()` | list prices of a large cloud, rounded; edit them as you like |

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
