-- Events of files that no run has published yet: those that this run loaded, and those that an unfinished one did.
select coalesce(sum(segments.n_loaded), 0)::bigint
from raw.segments
where
    segments.run_id not in (
        select stage_runs.run_id
        from ops.stage_runs
        where stage_runs.stage = 'publish'
    )
