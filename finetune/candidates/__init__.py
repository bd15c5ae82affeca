"""What can be fitted for a task, from cheap to dear."""
