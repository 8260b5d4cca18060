-- One row per value of an enum field with feedback: the mean score and the negative share. A session belongs to its
-- first value, as in journeys; the values with the most sessions are named.
with placed as (
    select
        upper(segments.segment_kind) as kind,
        case when segments.segment_kind = 'value' then segments.enum_value end as value_of_kind,
        feedback.session_id,
        feedback.source,
        feedback.score,
        feedback.is_negative
    from shown_feedback as feedback
    inner join marts.fct_session_segments as segments
        on
            segments.project_id = $project_id
            and segments.field = $by
            and feedback.session_id = segments.session_id
)

select
    kind,
    value_of_kind as segment,
    count(*) as n_feedback,
    count(*) filter (where source = 'metadata') as n_outcomes,
    count(distinct session_id) as n_sessions,
    avg(score) as mean_score,
    count(*) filter (where is_negative) as n_negative,
    count(*) filter (where is_negative) / count(*) as negative_share,
    count(*) < 30 as is_small_cell
from placed
group by kind, value_of_kind
order by kind = 'NONE' asc, kind = 'OTHER' asc, n_feedback desc, segment asc
