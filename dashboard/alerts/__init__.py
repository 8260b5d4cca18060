"""What alerts find in the published marts. Pages do not show it; the pipeline judges rules with it."""
