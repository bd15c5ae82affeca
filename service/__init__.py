"""The top floor: wiring, HTTP, the operator page and the command line."""
