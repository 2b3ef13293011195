"""The semantic layer: MetricFlow metrics over the published file, written from the definitions of the KPIs."""
