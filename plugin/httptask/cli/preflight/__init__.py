"""What is looked at before a run or a worker begins."""
