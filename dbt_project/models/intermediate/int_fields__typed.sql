-- The limits of the detection, in one place; docs/marts.md says what they mean.
{%- set least_number_share = 0.99 %}
{%- set least_token_share = 0.9 %}
{%- set least_short_share = 0.95 %}
{%- set most_short_characters = 40 %}
{%- set most_short_words = 3 %}
{%- set most_enum_values = 20 %}
{%- set most_distinct_share = 0.05 %}
{%- set least_repeats = 3 %}

with event_values as (
    select * from {{ ref('int_event_values__flattened') }}
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
        count(*) as n_values,
        count(distinct value) as n_distinct_values,
        sum(case when value_index = 1 then 1 else 0 end) as n_events,
        count(number_value) as n_numbers,
        sum(case when kind = 'boolean' then 1 else 0 end) as n_booleans,
        sum(case when is_element then 1 else 0 end) as n_elements,
        sum(case when {{ is_token('value') }} then 1 else 0 end) as n_tokens,
        sum(
            case
                when length(value) > {{ most_short_characters }} then 0
                when {{ word_count('value') }} > {{ most_short_words }} then 0
                else 1
            end
        ) as n_short,
        avg(length(value)) as mean_characters,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from event_values
    group by project_id, field
),

ruled as (
    select
        *,
        case
            when n_booleans = n_values then 'booleans'
            when n_elements > n_values * 0.5 then 'arrays'
            when n_numbers = n_values then 'numbers'
            when n_numbers >= n_values * {{ least_number_share }} then 'nearly_numbers'
            when
                n_short >= n_values * {{ least_short_share }}
                and n_distinct_values <= greatest({{ most_enum_values }}, n_values * {{ most_distinct_share }})
                and n_values >= n_distinct_values * {{ least_repeats }}
                then 'few_short'
            when n_tokens >= n_values * {{ least_token_share }} then 'tokens'
            else 'rest'
        end as rule
    from counted
),

detected as (
    select
        *,
        n_distinct_values <= {{ most_enum_values }}
        and n_values >= n_distinct_values * {{ least_repeats }} as is_repetitive,
        case
            when rule in ('numbers', 'nearly_numbers') then 'number'
            when rule = 'rest' then 'text'
            else 'enum'
        end as detected_type,
        case rule
            when 'booleans' then 'Every value is true or false; ' || n_values || ' seen.'
            when 'arrays'
                then
                    n_elements || ' of ' || n_values || ' values seen stand in arrays; '
                    || 'each element is a value of its own.'
            when 'numbers' then 'Every value is a number; ' || n_values || ' seen.'
            when 'nearly_numbers'
                then n_numbers || ' of ' || n_values || ' values seen are numbers; the others are too few to count.'
            when 'few_short'
                then 'Few short values that repeat: ' || n_distinct_values || ' different, ' || n_values || ' seen.'
            when 'tokens'
                then
                    'Single words, codes or ids: ' || n_distinct_values || ' different, ' || n_values || ' seen; '
                    || 'fit to filter by, not to cluster by meaning.'
            else
                'Written language: ' || n_distinct_values || ' different, ' || n_values || ' seen, '
                || (n_values - n_short) || ' longer than {{ most_short_words }} words or '
                || '{{ most_short_characters }} characters.'
        end as reason
    from ruled
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

-- The chosen field first, else the one of most events. Apps often send a system prompt and an answer with each message:
-- of fields with equally many events, one that says the same again and again is not the user's, nor is the longer one.
journey_ranked as (
    select
        overridden.project_id,
        overridden.field,
        row_number() over (
            partition by overridden.project_id
            order by
                case when overridden.field = projects.journey_field then 0 else 1 end asc,
                overridden.n_events desc,
                overridden.is_repetitive asc,
                overridden.mean_characters asc,
                overridden.field asc
        ) as journey_rank
    from overridden
    left join projects on overridden.project_id = projects.project_id
    where overridden.effective_type = 'text'
)

select
    overridden.project_id,
    overridden.field,
    overridden.detected_type,
    overridden.override_type,
    overridden.effective_type,
    overridden.reason,
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
