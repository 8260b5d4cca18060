-- Files whose rows no publication has held yet. A run that a gate has stopped did not publish: what it loaded is judged
-- again the next time, so that nothing slips through.
create or replace temp table unpublished_segments as
select
    segment,
    project_id,
    received_date,
    n_lines,
    n_loaded,
    n_duplicates,
    n_rejected
from raw.segments
where
    run_id not in (
        select stage_runs.run_id
        from ops.stage_runs
        where stage_runs.stage = 'publish'
    )
