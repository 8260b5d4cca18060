"""Make events durable: write-ahead files, group commit, sealing into segments, and recovery."""
