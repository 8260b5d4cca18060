"""Turn texts into unit vectors."""
