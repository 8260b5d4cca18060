-- One row per project: events received on the last whole day (UTC), and the usual number. That is the median of the
-- same weekday in the four weeks before, or of the seven days before while there are fewer than two such weeks. It is
-- null if the project is younger than three days or has fewer than `$min_events` a day.
with daily as (
    select
        project_id,
        received_date,
        sum(n_loaded)::bigint as n_events
    from raw.segments
    where
        project_id not in (select deleted_projects.project_id from raw.deleted_projects)
        and received_date < $now::date
    group by project_id, received_date
),

spans as (
    select
        project_id,
        min(received_date) as first_date
    from daily
    group by project_id
),

days as (
    select
        spans.project_id,
        $now::date - offsets.days_ago::integer as received_date,
        offsets.days_ago,
        coalesce(daily.n_events, 0) as n_events
    from spans
    cross join range(1, 30) as offsets (days_ago)
    left join daily
        on spans.project_id = daily.project_id and daily.received_date = $now::date - offsets.days_ago::integer
    where $now::date - offsets.days_ago::integer >= spans.first_date
),

compared as (
    select
        project_id,
        $now::date - 1 as last_day,
        max(n_events) filter (where days_ago = 1) as n_events,
        count(*) filter (where days_ago in (8, 15, 22, 29)) as n_weeks,
        count(*) filter (where days_ago between 2 and 8) as n_days,
        median(n_events) filter (where days_ago in (8, 15, 22, 29)) as n_same_weekday,
        median(n_events) filter (where days_ago between 2 and 8) as n_days_before
    from days
    group by project_id
),

expected as (
    select
        project_id,
        last_day,
        n_events,
        if(n_weeks >= 2, n_same_weekday, n_days_before) as n_expected,
        if(n_weeks >= 2, 'the same weekday of the weeks before', 'the days before') as basis,
        n_weeks >= 2 or n_days >= 3 as is_known
    from compared
)

select
    project_id,
    last_day::varchar as last_day,
    n_events,
    n_expected::bigint as n_expected,
    basis,
    if(is_known and n_expected >= $min_events, greatest(0, 1 - n_events / n_expected), null) as drop_share
from expected
