"""Find, track, name and place the topics of each field."""
