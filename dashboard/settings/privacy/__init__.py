"""Settings of what is masked before it is written, and for how long events are kept."""
