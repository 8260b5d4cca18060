with topics as (
    select * from {{ ref('stg_ml__topics') }}
),

feedback as (
    select * from {{ ref('fct_feedback') }}
    where comment_topic_status = 'assigned'
),

-- Messages, and comments of feedback, whose topics are apart.
messages as (
    select
        project_id,
        event_id as text_id,
        field,
        topic_id,
        occurred_at,
        message_role,
        continues_topic_id
    from {{ ref('int_messages__judged') }}
    where topic_status = 'assigned'

    union all

    select
        project_id,
        feedback_id as text_id,
        {{ comment_field() }} as field,
        comment_topic_id as topic_id,
        given_at as occurred_at,
        null as message_role,
        null as continues_topic_id
    from feedback
),

texts as (
    select * from {{ ref('int_texts__united') }}
),

-- A message counts for its topic and for the area over it.
memberships as (
    select
        project_id,
        topic_id as member_topic_id,
        topic_id
    from topics

    union all

    select
        project_id,
        topic_id as member_topic_id,
        parent_topic_id as topic_id
    from topics
    where parent_topic_id is not null
),

counts as (
    select
        memberships.project_id,
        memberships.topic_id,
        count(*) as n_messages,
        min(messages.occurred_at) as first_seen_at,
        max(messages.occurred_at) as last_seen_at,
        count(messages.message_role) as n_roles,
        count(messages.continues_topic_id) as n_details
    from memberships
    inner join messages
        on
            memberships.project_id = messages.project_id
            and memberships.member_topic_id = messages.topic_id
    group by memberships.project_id, memberships.topic_id
),

example_hashes as (
    {{ list_elements('topics', 'example_text_hashes', ['project_id', 'topic_id', 'field']) }}
),

example_events as (
    select
        example_hashes.project_id,
        example_hashes.topic_id,
        example_hashes.element_index,
        texts.text_id,
        texts.field,
        row_number() over (
            partition by example_hashes.project_id, example_hashes.topic_id, example_hashes.element_index
            order by texts.occurred_at, texts.text_id
        ) as event_rank
    from example_hashes
    inner join texts
        on
            example_hashes.project_id = texts.project_id
            and example_hashes.field = texts.field
            and example_hashes.element = texts.text_hash
),

-- A message that people moved to another topic is no longer an example.
examples as (
    select
        example_events.project_id,
        example_events.topic_id,
        {{ list_in_order('example_events.text_id', 'example_events.element_index') }} as example_event_ids
    from example_events
    inner join messages
        on
            example_events.project_id = messages.project_id
            and example_events.text_id = messages.text_id
            and example_events.field = messages.field
    inner join memberships
        on
            example_events.project_id = memberships.project_id
            and example_events.topic_id = memberships.topic_id
            and messages.topic_id = memberships.member_topic_id
    where example_events.event_rank = 1
    group by example_events.project_id, example_events.topic_id
)

select
    topics.project_id,
    topics.topic_id,
    topics.field,
    topics.label,
    topics.description,
    topics.keywords,
    topics.parent_topic_id,
    topics.level,
    topics.label_source,
    coalesce(counts.n_messages, 0) as n_messages,
    counts.first_seen_at,
    counts.last_seen_at,
    coalesce(examples.example_event_ids, {{ empty_list() }}) as example_event_ids,
    topics.label_coverage,
    topics.is_mixed,
    case
        when counts.n_roles > 0
            then case when 2 * counts.n_details > counts.n_roles then 'continues' else 'opens' end
    end as usual_role,
    coalesce(counts.n_details, 0) as n_details,
    topics.step_choice,
    topics.state
from topics
left join counts
    on
        topics.project_id = counts.project_id
        and topics.topic_id = counts.topic_id
left join examples
    on
        topics.project_id = examples.project_id
        and topics.topic_id = examples.topic_id
