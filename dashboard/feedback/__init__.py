"""Feedback: what people think of answers and sessions, by topic, path and segment."""
