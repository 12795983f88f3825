"""AWS Step Functions: a state machine whose tasks are jobs of AWS Batch."""
