-- Loaded events from before the oldest day that their project keeps, and feedback about them.
create or replace temp table aged_events as
select
    events.project_id,
    events.event_id,
    events.session_id,
    events.name,
    events.segment
from raw.events
inner join oldest_days on events.project_id = oldest_days.project_id
where events.occurred_at < oldest_days.oldest_day;

create or replace temp table aged_feedback as
select
    feedback.project_id,
    feedback.event_id
from raw.events as feedback
inner join aged_events
    on
        feedback.project_id = aged_events.project_id
        and (feedback.metadata ->> '$.event_id') = aged_events.event_id
where feedback.name = 'turret.feedback' and feedback.event_id like 'turret.feedback:%';

insert into erased
with aged as (
    select
        project_id,
        event_id,
        case when name != 'turret.feedback' then session_id end as session_id,
        segment
    from aged_events

    union all

    select
        feedback.project_id,
        feedback.event_id,
        null as session_id,
        feedback.segment
    from raw.events as feedback
    where
        (feedback.project_id, feedback.event_id) in (
            select
                aged_feedback.project_id,
                aged_feedback.event_id
            from aged_feedback
        )
)

select
    aged.project_id,
    aged.event_id,
    'aged' as erasure_id,
    any_value(aged.session_id) as session_id,
    any_value(aged.segment) as segment,
    false as is_of_person,
    null as shown_session_id
from aged
left join erased on aged.project_id = erased.project_id and aged.event_id = erased.event_id
where erased.event_id is null
group by aged.project_id, aged.event_id
