select
    segment,
    n_lines,
    n_loaded + n_duplicates + n_rejected as n_accounted,
    n_rejected / greatest(n_lines, 1) as rejected_share
from raw.segments
where
    run_id not in (
        select stage_runs.run_id
        from ops.stage_runs
        where stage_runs.stage = 'publish'
    )
