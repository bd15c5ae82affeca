"""The demo: everything that a plant has, simulated, started and ended by one command."""
