-- One row per file, written in the transaction of its rows: a file is loaded if and only if its row is here.
insert into raw.segments
with landed_counts as (
    select
        segment,
        count(*) as n_landed
    from landed
    group by segment
),

loaded_counts as (
    select
        segment,
        count(*) as n_loaded
    from raw.events
    where segment in (select files.segment from files)
    group by segment
)

select
    files.segment,
    files.project_id,
    files.received_date,
    files.received_hour,
    coalesce(landed_counts.n_landed, 0) + files.n_rejected as n_lines,
    coalesce(loaded_counts.n_loaded, 0) as n_loaded,
    coalesce(landed_counts.n_landed, 0) - coalesce(loaded_counts.n_loaded, 0) as n_duplicates,
    files.n_rejected,
    files.n_bytes,
    $run_id as run_id,
    $loaded_at as loaded_at
from files
left join landed_counts on files.segment = landed_counts.segment
left join loaded_counts on files.segment = loaded_counts.segment
