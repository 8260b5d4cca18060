-- One row per project with a new file and kind of fault, and one without a fault, so that each project is checked.
with faults as (
    select
        coalesce(project_id, 'no project') as project_id,
        fault,
        count(*) as n_failing,
        min(coalesce(left(event_id, 80), concat_ws(' line ', segment, line_number)), 5) as failing_keys
    from raw_faults
    group by coalesce(project_id, 'no project'), fault
)

select
    project_id,
    fault,
    n_failing,
    failing_keys
from faults

union all

select
    project_id,
    null as fault,
    0 as n_failing,
    [] as failing_keys
from unpublished_segments
group by project_id
