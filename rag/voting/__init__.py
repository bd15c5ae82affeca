"""A label by vote: the nearest labelled examples and the rows of code tables say what it is."""
