"""Deploying to Airflow: DAG files by a sink, all else by the REST API of its server."""
