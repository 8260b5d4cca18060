-- Files whose rows are not in any publication yet. A run that a gate stopped did not publish, so what it loaded is
-- checked again the next time.
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
