"""What people choose about topics: edits, definitions by examples, and topics that they retire."""
