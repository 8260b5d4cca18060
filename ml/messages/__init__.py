"""Recognise messages that carry no topic of their own: boilerplate, courtesy, filler and replies."""
