"""Apache Superset on the published file: how it connects, what it starts with, and the service itself.

What imports Superset runs in `.venv-superset` alone: `superset_config.py` and `fill.py`.
"""
