"""Kubeflow Pipelines: a PipelineSpec, as the backend of version 2 reads it."""
