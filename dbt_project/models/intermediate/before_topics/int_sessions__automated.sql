with messages as (
    select * from {{ ref('int_messages__extracted') }}
),

fields as (
    select * from {{ ref('int_fields__typed') }}
    where is_journey_field
),

said as (
    select
        messages.project_id,
        messages.session_id,
        case when messages.is_user_id_given then messages.user_id else messages.session_id end as sender,
        messages.text_hash,
        messages.occurred_at
    from messages
    inner join fields
        on
            messages.project_id = fields.project_id
            and messages.field = fields.field
),

-- Texts that differ in numbers only are one wording.
texts as (
    select
        messages.project_id,
        messages.text_hash,
        min(messages.text) as text
    from messages
    group by messages.project_id, messages.text_hash
),

wordings as (
    select
        project_id,
        text_hash,
        {{ wording('text') }} as wording
    from texts
),

session_wordings as (
    select
        said.project_id,
        said.session_id,
        said.sender,
        wordings.wording,
        count(*) as n_messages,
        min(said.occurred_at) as first_at
    from said
    inner join wordings
        on
            said.project_id = wordings.project_id
            and said.text_hash = wordings.text_hash
    group by said.project_id, said.session_id, said.sender, wordings.wording
),

-- A sender who says the few things it says over and over, and hardly anything else.
sender_wordings as (
    select
        project_id,
        sender,
        wording,
        sum(n_messages) as n_messages
    from session_wordings
    group by project_id, sender, wording
),

senders as (
    select
        project_id,
        sender
    from sender_wordings
    group by project_id, sender
    having sum(n_messages) >= count(*) * {{ automated_limit("min_messages") }}
),

machine_wordings as (
    select
        sender_wordings.project_id,
        sender_wordings.sender,
        sender_wordings.wording
    from sender_wordings
    inner join senders
        on
            sender_wordings.project_id = senders.project_id
            and sender_wordings.sender = senders.sender
    where sender_wordings.n_messages >= {{ automated_limit("min_messages") }}
),

sent_by_machine as (
    select
        session_wordings.project_id,
        session_wordings.session_id
    from session_wordings
    left join machine_wordings
        on
            session_wordings.project_id = machine_wordings.project_id
            and session_wordings.sender = machine_wordings.sender
            and session_wordings.wording = machine_wordings.wording
    group by session_wordings.project_id, session_wordings.session_id
    having count(*) = count(machine_wordings.wording)
),

-- A monitor may have a new session and user each time. It says one thing a session, and it says it by the clock.
single_wordings as (
    select
        project_id,
        session_id,
        min(wording) as wording,
        min(first_at) as first_at
    from session_wordings
    group by project_id, session_id
    having count(*) = 1
),

frequent as (
    select
        project_id,
        wording
    from single_wordings
    group by project_id, wording
    having count(*) >= {{ automated_limit("min_messages") }}
),

gaps as (
    {%- for beats in [1, 2, 3, 4] %}
        select
            single_wordings.project_id,
            single_wordings.wording,
            single_wordings.session_id,
            {{ beats }} as beats,
            {{ seconds_between(
                "lag(single_wordings.first_at, " ~ beats ~ ") over (partition by single_wordings.project_id, single_wordings.wording order by single_wordings.first_at, single_wordings.session_id)",
                "single_wordings.first_at"
            ) }} as gap_s,
            {{ seconds_between(
                "single_wordings.first_at",
                "lead(single_wordings.first_at, " ~ beats ~ ") over (partition by single_wordings.project_id, single_wordings.wording order by single_wordings.first_at, single_wordings.session_id)"
            ) }} as next_gap_s
        from single_wordings
        inner join frequent
            on
                single_wordings.project_id = frequent.project_id
                and single_wordings.wording = frequent.wording
        {{ "union all" if not loop.last }}
    {%- endfor %}
),

usual_gaps as (
    select
        project_id,
        wording,
        beats,
        median(gap_s) as usual_gap_s
    from gaps
    group by project_id, wording, beats
),

placed as (
    select
        gaps.*,
        usual_gaps.usual_gap_s,
        coalesce(
            abs(gaps.gap_s - usual_gaps.usual_gap_s)
            <= usual_gaps.usual_gap_s * {{ automated_limit("beat_tolerance") }},
            false
        ) as is_on_beat,
        coalesce(
            abs(gaps.next_gap_s - usual_gaps.usual_gap_s)
            <= usual_gaps.usual_gap_s * {{ automated_limit("beat_tolerance") }},
            false
        ) as is_before_beat
    from gaps
    inner join usual_gaps
        on
            gaps.project_id = usual_gaps.project_id
            and gaps.wording = usual_gaps.wording
            and gaps.beats = usual_gaps.beats
    where usual_gaps.usual_gap_s >= 1
),

beats as (
    select
        project_id,
        wording,
        beats
    from placed
    group by project_id, wording, beats
    having
        sum(case when is_on_beat then 1 else 0 end)
        >= count(gap_s) * {{ automated_limit("min_beat_share") }}
        and sum(case when is_on_beat then gap_s else 0 end)
        >= sum(gap_s) * {{ automated_limit("min_beat_time_share") }}
),

on_beat as (
    select distinct
        placed.project_id,
        placed.wording,
        placed.session_id
    from placed
    inner join beats
        on
            placed.project_id = beats.project_id
            and placed.wording = beats.wording
            and placed.beats = beats.beats
    where placed.is_on_beat or placed.is_before_beat
),

-- Where everything comes by the clock, the times are made, and say nothing of who sent it.
project_sessions as (
    select
        project_id,
        count(distinct session_id) as n_sessions
    from session_wordings
    group by project_id
),

clocked as (
    select
        on_beat.project_id,
        count(distinct on_beat.wording) as n_wordings,
        count(*) as n_sessions
    from on_beat
    group by on_beat.project_id
),

sent_by_clock as (
    select
        on_beat.project_id,
        on_beat.session_id
    from on_beat
    inner join clocked on on_beat.project_id = clocked.project_id
    inner join project_sessions on on_beat.project_id = project_sessions.project_id
    where
        clocked.n_wordings <= {{ automated_limit("max_wordings") }}
        and project_sessions.n_sessions - clocked.n_sessions >= {{ automated_limit("min_other_sessions") }}
)

select
    project_id,
    session_id
from sent_by_machine

union

select
    project_id,
    session_id
from sent_by_clock
