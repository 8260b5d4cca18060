with steps as (
    select * from {{ ref('int_session_steps__walked') }}
    where not is_overlong
),

flows as (
    select
        project_id,
        topic_id,
        cast(sum(case when is_return then 0 else 1 end) as bigint) as n_sessions,
        count(*) as n_steps,
        cast(sum(n_messages) as bigint) as n_messages,
        cast(sum(n_messages - n_details - 1) as bigint) as n_repeats,
        cast(sum(case when step = 1 then 1 else 0 end) as bigint) as n_entries,
        cast(sum(case when is_last then 1 else 0 end) as bigint) as n_exits,
        cast(sum(case when is_return then 1 else 0 end) as bigint) as n_returns,
        cast(sum(case when is_loop then 1 else 0 end) as bigint) as n_loops
    from steps
    group by project_id, topic_id
)

select
    project_id,
    topic_id,
    n_sessions,
    n_steps,
    n_messages,
    n_repeats,
    n_entries,
    n_exits,
    n_returns,
    n_loops,
    cast(n_exits as double) / n_steps as drop_off_share,
    {{ wilson_low('n_exits', 'n_steps') }} as drop_off_low,
    {{ wilson_high('n_exits', 'n_steps') }} as drop_off_high,
    {{ is_small_cell('n_steps') }} as is_small_cell
from flows
