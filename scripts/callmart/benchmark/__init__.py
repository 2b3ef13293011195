"""Measure the build against SQL without dbt, and write the pages that say what it costs."""
