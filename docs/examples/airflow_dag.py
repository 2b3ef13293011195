"""An Airflow DAG that builds and publishes the marts every morning; put it into the folder of DAGs.

The worker is the machine that holds the data. Set the Airflow variable `callmart_salt_secret`: Airflow masks
the value of a variable with `secret` in its name wherever it would show it.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = "/srv/callmart"
WAREHOUSE = "/var/lib/callmart/warehouse"

with DAG(
    dag_id="callmart",
    description="Contact-centre KPI marts",
    schedule="15 5 * * *",
    start_date=pendulum.datetime(2024, 1, 1, tz="Europe/Paris"),
    catchup=False,  # a run reads whatever has come: there is nothing to catch up on
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=15)},
) as dag:
    build = BashOperator(
        task_id="build",
        bash_command=f"{PROJECT}/scripts/build --strict --summary {WAREHOUSE}/airflow.json",
        env={
            "CALLMART_RAW": "/var/lib/callmart/raw",
            "CALLMART_WAREHOUSE": WAREHOUSE,
            "CALLMART_SALT": "{{ var.value.callmart_salt_secret }}",
        },
        append_env=True,
        skip_on_exit_code=75,  # another run is under way, and goes on
        execution_timeout=timedelta(hours=6),
    )
    tell = BashOperator(
        task_id="tell",
        bash_command=f"{PROJECT}/scripts/runs --last 1",
        env={"CALLMART_WAREHOUSE": WAREHOUSE},
        append_env=True,
        trigger_rule="all_done",
    )
    build >> tell
