with windows as (
    select * from {{ ref('int_field_windows__judged') }}
),

settled_types as (
    select * from {{ ref('int_field_types__settled') }}
    where is_newest
),

overrides as (
    select * from {{ ref('stg_raw__field_overrides') }}
),

projects as (
    select * from {{ ref('stg_raw__projects') }}
),

counted as (
    select
        project_id,
        field,
        cast(sum(n_values) as bigint) as n_values,
        cast(sum(n_new_values) as bigint) as n_distinct_values,
        cast(sum(n_events) as bigint) as n_events,
        cast(sum(n_characters) as double) / sum(n_values) as mean_characters,
        sum(n_word_characters) >= sum(n_characters) * {{ field_limit("min_worded_share") }} as is_worded,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from windows
    group by project_id, field
),

-- The newest window with enough values, even if it is still open: it shows how the field is changing.
ranked_windows as (
    select
        *,
        row_number() over (
            partition by project_id, field
            order by window_number desc
        ) as newness
    from windows
    where n_values >= {{ field_limit("min_evidence_values") }}
),

-- The reason comes from the newest evidence for the current type, so that it describes now and not the first day.
reasons as (
    select
        windows.project_id,
        windows.field,
        windows.reason,
        windows.first_date,
        windows.last_date,
        row_number() over (
            partition by windows.project_id, windows.field
            order by windows.window_number desc
        ) as newness
    from windows
    inner join settled_types
        on
            windows.project_id = settled_types.project_id
            and windows.field = settled_types.field
            and windows.type = settled_types.type
    where windows.is_evidence and settled_types.is_settled
),

detected as (
    select
        counted.*,
        settled_types.type as detected_type,
        settled_types.is_settled as is_type_settled,
        case
            when settled_types.is_settled and ranked_windows.type <> settled_types.type
                then ranked_windows.type
        end as leaning_type,
        ranked_windows.first_date as leaning_from,
        case
            when reasons.reason is null then settled_types.reason
            when reasons.first_date = reasons.last_date then reasons.reason || ' on ' || reasons.last_date || '.'
            else reasons.reason || ' from ' || reasons.first_date || ' to ' || reasons.last_date || '.'
        end as reason
    from counted
    inner join settled_types
        on
            counted.project_id = settled_types.project_id
            and counted.field = settled_types.field
    left join ranked_windows
        on
            counted.project_id = ranked_windows.project_id
            and counted.field = ranked_windows.field
            and ranked_windows.newness = 1
    left join reasons
        on
            counted.project_id = reasons.project_id
            and counted.field = reasons.field
            and reasons.newness = 1
),

overridden as (
    select
        detected.*,
        overrides.type as override_type,
        coalesce(overrides.type, detected.detected_type) as effective_type
    from detected
    left join overrides
        on
            detected.project_id = overrides.project_id
            and detected.field = overrides.field
),

text_fields as (
    select
        overridden.*,
        coalesce(overridden.is_worded, true) as is_language,
        max(overridden.n_distinct_values) over (
            partition by overridden.project_id, coalesce(overridden.is_worded, true)
        ) as max_distinct_values
    from overridden
    where overridden.effective_type = 'text'
),

-- The chosen field first, else the one in which people talk most. Texts of programs (a user agent, a title, a system
-- prompt) consist of symbols and digits, or repeat, however many events have them. Of fields with about as many
-- distinct texts, the one with more events comes first, then the one with shorter texts, because answers are longer.
journey_ranked as (
    select
        text_fields.project_id,
        text_fields.field,
        row_number() over (
            partition by text_fields.project_id
            order by
                case when text_fields.field = projects.journey_field then 0 else 1 end asc,
                text_fields.is_language desc,
                text_fields.n_distinct_values
                >= text_fields.max_distinct_values * {{ field_limit("min_talk_share") }} desc,
                text_fields.n_events desc,
                text_fields.mean_characters asc,
                text_fields.field asc
        ) as journey_rank
    from text_fields
    left join projects on text_fields.project_id = projects.project_id
)

select
    overridden.project_id,
    overridden.field,
    overridden.detected_type,
    overridden.override_type,
    overridden.effective_type,
    overridden.is_type_settled,
    overridden.leaning_type,
    case
        when overridden.leaning_type is null then overridden.reason
        else
            overridden.reason || ' Since ' || overridden.leaning_from
            || ' the values look like ' || overridden.leaning_type
            || '; the type changes once two stretches of days in a row say so.'
    end as reason,
    overridden.n_values,
    overridden.n_distinct_values,
    overridden.n_events,
    journey_ranked.journey_rank is not null as is_journey_field,
    overridden.first_seen_at,
    overridden.last_seen_at
from overridden
left join journey_ranked
    on
        overridden.project_id = journey_ranked.project_id
        and overridden.field = journey_ranked.field
        and journey_ranked.journey_rank = 1
