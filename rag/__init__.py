"""What do I do: the passage of the SOP or manual, quoted with document, revision and page."""
