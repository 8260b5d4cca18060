-- One row per pair of topics between which journeys of at least $min_people people move, with START and END, most moves
-- first. The share is of all moves out of the first topic, and null if those that are left out are of fewer than
-- $min_people people together.
with moves as (
    select
        made.from_topic_id,
        made.to_topic_id,
        made.session_id,
        people.person
    from shown_transitions as made
    inner join shown_people as people on made.session_id = people.session_id
    where not made.is_overlong
),

pairs as (
    select
        from_topic_id,
        to_topic_id,
        count(*) as n_transitions,
        count(*) / sum(count(*)) over (partition by from_topic_id) as from_share,
        count(distinct session_id) as n_sessions,
        count(distinct person) as n_people
    from moves
    group by from_topic_id, to_topic_id
),

ranked as (
    select
        *,
        coalesce(
            sum(n_people) filter (where n_people < $min_people) over (partition by from_topic_id), 0
        ) as n_left_out
    from pairs
)

select
    pairs.from_topic_id,
    pairs.to_topic_id,
    sources.label as from_label,
    targets.label as to_label,
    pairs.n_transitions,
    case when pairs.n_left_out = 0 or pairs.n_left_out >= $min_people then pairs.from_share end as from_share,
    pairs.n_sessions,
    pairs.n_people
from ranked as pairs
left join marts.dim_topics as sources
    on sources.project_id = $project_id and pairs.from_topic_id = sources.topic_id
left join marts.dim_topics as targets
    on targets.project_id = $project_id and pairs.to_topic_id = targets.topic_id
where pairs.n_people >= $min_people
order by pairs.n_transitions desc, pairs.from_topic_id asc, pairs.to_topic_id asc
limit 500
