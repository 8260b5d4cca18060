"""Group the vectors of a corpus into topics and areas, and project them onto a map."""
