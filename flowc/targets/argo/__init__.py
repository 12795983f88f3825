"""Argo Workflows: a flow becomes a WorkflowTemplate of `steps` templates and a ConfigMap."""
