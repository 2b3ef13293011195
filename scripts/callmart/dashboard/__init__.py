"""One HTML file with the figures of a release, the charts' library and nothing to load: it opens from disk.

query.py    what the page knows, from the public tables
charts.py   the charts, written in Vega-Lite, compiled here to Vega
page/       the page itself: markup, style, scripts and its words in two languages
compose.py  all of it in one text
"""

from callmart.dashboard.compose import DASHBOARD, Composed, compose, write_dashboard

__all__ = ["DASHBOARD", "Composed", "compose", "write_dashboard"]
