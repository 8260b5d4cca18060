-- Events that do not count. A time is implausible if it is before the project's first day. People may choose that day;
-- otherwise it is the first day after a gap before which there are only few events, or only events of impossible years.
-- Feedback can only be deleted.
insert into raw.set_apart_events
with deleted as (
    select
        events.project_id,
        events.event_id
    from raw.events
    semi join raw.deleted_events
        on events.project_id = deleted_events.project_id and events.event_id = deleted_events.event_id

    union

    select
        events.project_id,
        events.event_id
    from raw.events
    semi join raw.deleted_projects on events.project_id = deleted_projects.project_id
),

counted as (
    select events.*
    from raw.events
    anti join deleted
        on events.project_id = deleted.project_id and events.event_id = deleted.event_id
    where not (events.name = 'turret.feedback' and events.event_id like 'turret.feedback:%')
),

days as (
    select
        project_id,
        occurred_at::date as day,
        count(*) as n_events
    from counted
    group by project_id, day
),

placed_days as (
    select
        project_id,
        day,
        lead(day) over project_days as next_day,
        sum(n_events) over project_days as n_until,
        sum(n_events) over (partition by project_id) as n_events
    from days
    window project_days as (partition by project_id order by day)
),

found_days as (
    select
        project_id,
        max(next_day) as first_day
    from placed_days
    where
        n_events >= $min_events
        and (
            (next_day - day > $min_gap_days and n_until <= greatest(1, $max_share * n_events))
            or (year(day) < $first_year and year(next_day) >= $first_year and n_until * 2 <= n_events)
        )
    group by project_id
),

first_days as (
    select
        coalesce(projects.project_id, found_days.project_id) as project_id,
        coalesce(projects.first_day, found_days.first_day) as first_day
    from found_days
    full outer join raw.projects on found_days.project_id = projects.project_id
)

select
    project_id,
    event_id,
    'deleted' as reason
from deleted

union all

select
    counted.project_id,
    counted.event_id,
    'implausible_time' as reason
from counted
inner join first_days
    on counted.project_id = first_days.project_id and counted.occurred_at < first_days.first_day
