"""Compare what the pipeline found with the simulated truth."""
