-- One row per topic of a field about which at least $min_people people wrote, largest first. If the topics that are
-- left out have fewer than $min_people people together, the one with the fewest people of the others is left out too.
-- The share is of all messages. Shares of friction and of negative feedback are null if between 1 and $min_people - 1
-- people are on either side of them.
with said as (
    select
        messages.topic_id,
        messages.session_id,
        people.person
    from shown_messages as messages
    inner join shown_people as people on messages.session_id = people.session_id
    where messages.field = $field
),

counted as (
    select
        topic_id,
        count(*) as n_messages,
        count(*) / sum(count(*)) over () as message_share,
        count(distinct session_id) as n_sessions,
        count(distinct person) as n_people
    from said
    group by topic_id
),

ranked as (
    select
        counted.*,
        topics.label,
        topics.parent_topic_id,
        coalesce(sum(counted.n_people) filter (where counted.n_people < $min_people) over (), 0) as n_left_out,
        row_number() over (
            order by counted.n_people < $min_people asc, counted.n_people asc, counted.topic_id asc
        ) as place
    from counted
    inner join marts.dim_topics as topics
        on topics.project_id = $project_id and counted.topic_id = topics.topic_id and topics.level = 0
),

kept as (
    select *
    from ranked
    where n_people >= $min_people and not (place = 1 and n_left_out between 1 and $min_people - 1)
),

marked as (
    select
        'friction' as kind,
        visits.topic_id,
        visits.has_friction as is_hit,
        people.person
    from shown_friction as visits
    inner join shown_people as people on visits.session_id = people.session_id
    union all
    select
        'feedback' as kind,
        rated.topic_id,
        rated.is_negative as is_hit,
        people.person
    from shown_topic_feedback as rated
    inner join shown_people as people on rated.session_id = people.session_id
),

sided as (
    select
        kind,
        topic_id,
        count(*) filter (where is_hit) / count(*) as hit_share,
        count(distinct person) filter (where is_hit) as n_people_hit,
        count(distinct person) filter (where not is_hit) as n_people_other
    from marked
    group by kind, topic_id
),

shares as (
    select
        topic_id,
        any_value(hit_share) filter (where kind = 'friction') as friction_share,
        any_value(hit_share) filter (where kind = 'feedback') as negative_share
    from sided
    where
        (n_people_hit = 0 or n_people_hit >= $min_people)
        and (n_people_other = 0 or n_people_other >= $min_people)
    group by topic_id
)

select
    kept.topic_id,
    kept.label,
    areas.label as area,
    kept.n_messages,
    kept.message_share,
    kept.n_sessions,
    kept.n_people,
    shares.friction_share,
    shares.negative_share
from kept
left join marts.dim_topics as areas
    on areas.project_id = $project_id and kept.parent_topic_id = areas.topic_id
left join shares on kept.topic_id = shares.topic_id
order by kept.n_messages desc, kept.topic_id asc
