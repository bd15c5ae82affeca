"""Which of the three approaches does a task need: prompt, retrieval or fine-tuning, measured."""
