"""One file per migration, in order; a released migration is never edited."""
