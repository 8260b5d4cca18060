with source as (
    select * from {{ source('ops', 'stage_runs') }}
)

select
    run_id,
    stage,
    started_at,
    seconds,
    n_rows_in,
    n_rows_out
from source
