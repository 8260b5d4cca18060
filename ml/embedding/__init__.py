"""Turn texts into unit vectors."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""Read by ONNX Runtime when it is imported. Since 1.29 it otherwise keeps an id of the device in the user's cache, and
reports processes, models and errors over HTTPS; its own function to switch this off comes after the first report."""
