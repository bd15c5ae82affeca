"""The ground floor: nouns, wires, the durable history, windows and evidence."""
