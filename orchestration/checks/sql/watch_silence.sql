-- One row per project: hours since an event arrived. Null if that is normal: the project had events on fewer than three
-- days of the last two weeks, or was silent for as long before within four weeks.
with hours as (
    select distinct
        project_id,
        received_date + to_hours(received_hour) as received_hour
    from raw.segments
    where
        project_id not in (select deleted_projects.project_id from raw.deleted_projects)
        and n_loaded > 0 and received_date >= $now::date - 42
),

gaps as (
    select
        project_id,
        received_hour,
        date_diff(
            'hour',
            lag(received_hour) over (
                partition by project_id
                order by received_hour
            ),
            received_hour
        ) as gap_h
    from hours
),

silences as (
    select
        project_id,
        max(received_hour) as last_hour,
        date_diff('hour', max(received_hour), $now) as silent_h,
        coalesce(max(gap_h) filter (where received_hour >= $now - interval 28 days), 0) as longest_gap_h,
        count(distinct received_hour::date) filter (where received_hour >= $now - interval 14 days) as n_days
    from gaps
    group by project_id
)

select
    project_id,
    strftime(last_hour, '%Y-%m-%d %H:00') as last_hour,
    silent_h as hours,
    longest_gap_h,
    if(n_days >= 3 and silent_h > longest_gap_h, silent_h, null) as silent_h
from silences
