insert into ops.stage_runs (run_id, stage, started_at, seconds, n_rows_in, n_rows_out)
values (?, ?, ?, ?, ?, ?)
