"""How well a library answers: its own questions and collections in BEIR layout in, figures out."""
