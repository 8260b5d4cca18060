"""The collector: an HTTP event in, a durable landed file out."""
