-- Text fields that have topics: those with the most texts in each project. A field that a program generates for each
-- event (a key that contains an id) has none, or there would be thousands of topic models. A journey field always has,
-- and so have comments of feedback.
with texts as (
    select distinct
        project_id,
        field,
        text_hash
    from ml.messages_and_comments
    where not starts_with(text, '‹text removed')
),

counted as (
    select
        texts.project_id,
        texts.field,
        count(*) as n_texts,
        count(*) filter (where judged.text_hash is null) as n_pending
    from texts
    left join ml.text_topics as judged
        on
            texts.project_id = judged.project_id
            and texts.field = judged.field
            and texts.text_hash = judged.text_hash
    group by texts.project_id, texts.field
)

select
    counted.project_id,
    counted.field,
    counted.n_texts,
    counted.n_pending
from counted
left join intermediate.int_fields__typed as fields
    on counted.project_id = fields.project_id and counted.field = fields.field
where coalesce(fields.is_journey_field, false) or fields.override_type = 'text' or counted.n_texts >= 3
qualify
    coalesce(fields.is_journey_field, false)
    or row_number() over (
        partition by counted.project_id, counted.field = 'turret.feedback.comment'
        order by counted.n_texts desc, counted.field asc
    ) <= 50
order by counted.project_id, counted.field
