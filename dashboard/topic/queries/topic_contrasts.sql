-- Messages of a field by random group and value, for cluster_sums.sql: the $most most frequent values of each of the
-- named fields, and of these the messages of the topic $topic_id. The first of several values of an event counts.
with said as (
    select
        messages.event_id,
        clusters.group_id,
        coalesce(messages.topic_id = $topic_id, false) as is_hit
    from shown_messages as messages
    inner join shown_session_groups as clusters on messages.session_id = clusters.session_id
    where messages.field = $field
),

given as (
    select
        event_id,
        field,
        enum_value
    from shown_values
    where list_contains($fields::varchar[], field) and value_index = 1 and enum_value is not null
),

counted as (
    select
        given.field,
        given.enum_value,
        said.group_id,
        count(*) as n,
        count(*) filter (where said.is_hit) as n_hits
    from given
    inner join said on given.event_id = said.event_id
    group by given.field, given.enum_value, said.group_id
),

largest as (
    select
        field,
        enum_value
    from counted
    group by field, enum_value
    qualify row_number() over (partition by field order by sum(n) desc, enum_value asc) <= $most
),

everything as (
    select
        group_id,
        count(*) as n,
        count(*) filter (where is_hit) as n_hits
    from said
    group by group_id
),

looked_into as (
    select distinct field
    from largest
),

sided as (
    select counted.*
    from counted
    inner join largest on counted.field = largest.field and counted.enum_value = largest.enum_value
    union all
    select
        looked_into.field,
        null as enum_value,
        everything.group_id,
        everything.n,
        everything.n_hits
    from everything
    cross join looked_into
)

select
    field as family,
    group_id,
    enum_value as side,
    null as item,
    n
from sided
union all
select
    field as family,
    group_id,
    enum_value as side,
    'topic' as item,
    n_hits as n
from sided
