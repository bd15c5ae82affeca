"""Small text tasks for a model, each with an honest answer where there is none."""
