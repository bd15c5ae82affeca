"""What is going on: evidence to prompt to a summary in which every number is checked."""
