"""The yard: simulated machines that speak to the plant only over the wire."""
