"""Airflow: one Python file with a DAG for the flow, and one for each loop of several steps."""
