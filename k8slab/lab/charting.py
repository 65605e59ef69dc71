"""What a lab can tell of traffic and of money: charts, the table of prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from k8slab.kubeadm import Cluster
from k8slab.lab.bills import bill_chart, compared
from k8slab.lab.traffic import traffic_chart
from k8slab.proxy import Load, LoadReport
from k8slab.view.charts import BillChart, CompareBills, TrafficChart
from k8slab.world import Bill

if TYPE_CHECKING:
    from k8slab.lab.price_panel import PricePanel

__all__ = ["Charting"]


class Charting:
    """The part of a Lab that draws charts."""

    lang: str
    cluster: Cluster
    _keep: Any

    def traffic(self, *loads: Load | LoadReport | str) -> TrafficChart:
        """What became of the requests of these loads (without any: of all), with what was done meanwhile, as a chart.

        Raises ValueError for a name that is none.
        """
        return traffic_chart(self.cluster, loads, self.lang)

    def bill(
        self,
        by: str = "kind",
        since: float | str | None = None,
        until: float | None = None,
        *,
        stretches: int = 0,
        prices: Mapping[str, Any] | None = None,
    ) -> BillChart:
        """What the cluster has cost, as a chart: by kind, node, namespace, pod, `label:app`, or in stretches of time.

        The rest is as in `Cluster.bill`; `.bill` is the bill itself. Raises ValueError, PriceError.
        """
        return bill_chart(self.cluster, self.cluster.bill(since, until, prices), by, stretches, prices, self.lang)

    def compare_bills(self, bills: Mapping[str, Bill | BillChart]) -> CompareBills:
        """Bills beside each other, by their names."""
        return compared(bills, self.lang)

    def prices(self) -> PricePanel:
        """The table of prices with its source, to be read and changed."""
        from k8slab.lab.price_panel import PricePanel

        panel: PricePanel = self._keep(PricePanel(lambda: self.cluster, self.lang))
        return panel
