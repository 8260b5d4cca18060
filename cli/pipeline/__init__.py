"""Run and watch the pipeline: `turret run`, `status`, `import`, `event`, `release` and `docs`."""
