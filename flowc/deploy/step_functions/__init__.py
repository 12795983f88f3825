"""Deploying to AWS Step Functions; all calls of AWS are made here."""
