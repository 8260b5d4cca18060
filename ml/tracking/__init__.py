"""Keep topics and their ids stable from one run to the next."""
