with segments as (
    select * from {{ ref('stg_raw__segments') }}
),

events as (
    select * from {{ ref('stg_raw__events') }}
),

stage_runs as (
    select * from {{ ref('stg_ops__stage_runs') }}
),

messages as (
    select * from {{ ref('int_messages__judged') }}
),

segment_events as (
    select
        project_id,
        segment,
        max(received_at) as last_received_at
    from events
    group by project_id, segment
),

loads as (
    select
        segments.project_id,
        segments.run_id,
        min(segments.loaded_at) as first_loaded_at,
        max(segment_events.last_received_at) as last_received_at,
        count(*) as n_segments,
        sum(segments.n_lines) as n_rows_in,
        sum(segments.n_loaded) as n_rows_out,
        sum(segments.n_duplicates) as n_duplicates,
        sum(segments.n_rejected) as n_rejected
    from segments
    left join segment_events
        on
            segments.project_id = segment_events.project_id
            and segments.segment = segment_events.segment
    group by segments.project_id, segments.run_id
),

stages as (
    select
        run_id,
        min(started_at) as started_at,
        sum(case when stage = 'load' then seconds end) as load_s,
        sum(case when stage = 'model' then seconds end) as model_s,
        sum(case when stage = 'embed' then seconds end) as embed_s,
        sum(case when stage in ('topics', 'map') then seconds end) as topics_s,
        sum(case when stage = 'label' then seconds end) as label_s,
        sum(case when stage = 'journeys' then seconds end) as journeys_s,
        sum(case when stage = 'publish' then seconds end) as publish_s
    from stage_runs
    group by run_id
),

noise as (
    select
        project_id,
        avg(case when topic_status = 'noise' then 1e0 else 0e0 end) as noise_share
    from messages
    group by project_id
)

select
    loads.project_id,
    loads.run_id,
    coalesce(stages.started_at, loads.first_loaded_at) as started_at,
    max(loads.last_received_at) over (
        partition by loads.project_id
        order by loads.first_loaded_at, loads.run_id
        rows between unbounded preceding and current row
    ) as fresh_until,
    loads.n_segments,
    cast(loads.n_rows_in as bigint) as n_rows_in,
    cast(loads.n_rows_out as bigint) as n_rows_out,
    cast(loads.n_duplicates as bigint) as n_duplicates,
    cast(loads.n_rejected as bigint) as n_rejected,
    noise.noise_share,
    stages.load_s,
    stages.model_s,
    stages.embed_s,
    stages.topics_s,
    stages.label_s,
    stages.journeys_s,
    stages.publish_s
from loads
left join stages on loads.run_id = stages.run_id
left join noise on loads.project_id = noise.project_id
