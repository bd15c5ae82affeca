"""How good the prompt path is: generated shifts with known faults, and a scorer without a judge."""
