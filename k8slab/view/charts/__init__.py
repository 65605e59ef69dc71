"""Charts: what became of the requests of a load, what a cluster has cost, and by which prices."""

from k8slab.view.charts.bill_chart import BillChart, CompareBills
from k8slab.view.charts.price_table import price_table_html, price_table_text
from k8slab.view.charts.traffic_chart import TrafficChart
from k8slab.view.charts.traffic_data import Mark

__all__ = [
    "BillChart",
    "CompareBills",
    "Mark",
    "TrafficChart",
    "price_table_html",
    "price_table_text",
]
