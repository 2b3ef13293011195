"""Where a published release is taken beside its own file: a PostgreSQL database, a folder of Parquet files."""
