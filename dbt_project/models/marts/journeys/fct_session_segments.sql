-- A field of more different values is an id; and beyond so many segments nobody reads on.
{%- set most_values = 1000 %}
{%- set most_named_segments = 20 %}

with sessions as (
    select * from {{ ref('fct_sessions') }}
),

fields as (
    select * from {{ ref('dim_fields') }}
    where effective_type = 'enum' and n_distinct_values <= {{ most_values }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
),

placed_values as (
    select
        event_values.project_id,
        event_values.session_id,
        event_values.field,
        event_values.enum_value,
        -- An event of at most a megabyte has fewer values than that.
        events.event_index_in_session * cast(1000000 as bigint) + event_values.value_index as place
    from {{ ref('fct_event_values') }} as event_values
    inner join fields
        on
            event_values.project_id = fields.project_id
            and event_values.field = fields.field
    inner join events
        on
            event_values.project_id = events.project_id
            and event_values.event_id = events.event_id
),

session_values as (
    select
        project_id,
        session_id,
        field,
        min_by(enum_value, place) as enum_value,
        count(distinct enum_value) as n_distinct_values
    from placed_values
    group by project_id, session_id, field
),

-- Sessions without a value of a field have a segment too, so that the segments of each field hold all sessions.
segmented as (
    select
        sessions.project_id,
        sessions.session_id,
        fields.field,
        session_values.enum_value,
        coalesce(session_values.n_distinct_values, 0) as n_distinct_values,
        sessions.session_date,
        sessions.is_overlong
    from sessions
    inner join fields on sessions.project_id = fields.project_id
    left join session_values
        on
            sessions.project_id = session_values.project_id
            and sessions.session_id = session_values.session_id
            and fields.field = session_values.field
),

value_sizes as (
    select
        project_id,
        field,
        enum_value,
        row_number() over (
            partition by project_id, field
            order by sum(case when is_overlong then 0 else 1 end) desc, enum_value asc
        ) as size_rank
    from segmented
    where enum_value is not null
    group by project_id, field, enum_value
),

kinds as (
    select
        segmented.*,
        case
            when segmented.enum_value is null then 'none'
            when value_sizes.size_rank <= {{ most_named_segments }} then 'value'
            else 'other'
        end as segment_kind
    from segmented
    left join value_sizes
        on
            segmented.project_id = value_sizes.project_id
            and segmented.field = value_sizes.field
            and segmented.enum_value = value_sizes.enum_value
)

select
    project_id,
    session_id,
    field,
    segment_kind,
    case segment_kind when 'value' then enum_value when 'other' then 'Other' else 'None' end as segment,
    enum_value,
    n_distinct_values,
    session_date,
    is_overlong
from kinds
