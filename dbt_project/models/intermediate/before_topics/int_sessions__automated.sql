with session_wordings as (
    select * from {{ ref('int_session_wordings__counted') }}
),

busy_senders as (
    select
        project_id,
        sender
    from session_wordings
    group by project_id, sender
    having sum(n_messages) >= {{ automated_limit("min_messages") }}
),

-- A sender that repeats a few messages and says hardly anything else.
sender_wordings as (
    select
        session_wordings.project_id,
        session_wordings.sender,
        session_wordings.wording_hash,
        sum(session_wordings.n_messages) as n_messages
    from session_wordings
    inner join busy_senders
        on
            session_wordings.project_id = busy_senders.project_id
            and session_wordings.sender = busy_senders.sender
    group by session_wordings.project_id, session_wordings.sender, session_wordings.wording_hash
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
        sender_wordings.wording_hash
    from sender_wordings
    inner join senders
        on
            sender_wordings.project_id = senders.project_id
            and sender_wordings.sender = senders.sender
    where sender_wordings.n_messages >= {{ automated_limit("min_messages") }}
),

repeating as (
    select
        session_wordings.project_id,
        session_wordings.session_id,
        count(*) as n_wordings
    from session_wordings
    inner join machine_wordings
        on
            session_wordings.project_id = machine_wordings.project_id
            and session_wordings.sender = machine_wordings.sender
            and session_wordings.wording_hash = machine_wordings.wording_hash
    group by session_wordings.project_id, session_wordings.session_id
),

sent_by_machine as (
    select
        repeating.project_id,
        repeating.session_id
    from session_wordings
    inner join repeating
        on
            session_wordings.project_id = repeating.project_id
            and session_wordings.session_id = repeating.session_id
    group by repeating.project_id, repeating.session_id
    having count(*) = min(repeating.n_wordings)
),

-- A monitor may have a new session and user each time. It sends one message per session, at regular intervals.
single_wordings as (
    select
        project_id,
        session_id,
        min(wording_hash) as wording_hash,
        min(first_at) as first_at
    from session_wordings
    group by project_id, session_id
    having count(*) = 1
),

frequent as (
    select
        project_id,
        wording_hash
    from single_wordings
    group by project_id, wording_hash
    having count(*) >= {{ automated_limit("min_messages") }}
),

frequent_sessions as (
    select single_wordings.*
    from single_wordings
    inner join frequent
        on
            single_wordings.project_id = frequent.project_id
            and single_wordings.wording_hash = frequent.wording_hash
),

timed as (
    select
        project_id,
        wording_hash,
        session_id,
        {{ seconds_between("lag(first_at, 1) over in_time", "first_at") }} as gap_1_s,
        {{ seconds_between("first_at", "lead(first_at, 1) over in_time") }} as next_gap_1_s,
        {{ seconds_between("lag(first_at, 2) over in_time", "first_at") }} as gap_2_s,
        {{ seconds_between("first_at", "lead(first_at, 2) over in_time") }} as next_gap_2_s,
        {{ seconds_between("lag(first_at, 3) over in_time", "first_at") }} as gap_3_s,
        {{ seconds_between("first_at", "lead(first_at, 3) over in_time") }} as next_gap_3_s,
        {{ seconds_between("lag(first_at, 4) over in_time", "first_at") }} as gap_4_s,
        {{ seconds_between("first_at", "lead(first_at, 4) over in_time") }} as next_gap_4_s
    from frequent_sessions
    window in_time as (partition by project_id, wording_hash order by first_at, session_id)
),

gaps as (
    {%- for beats in [1, 2, 3, 4] %}
        select
            project_id,
            wording_hash,
            session_id,
            {{ beats }} as beats,
            gap_{{ beats }}_s as gap_s,
            next_gap_{{ beats }}_s as next_gap_s
        from timed
        {{ "union all" if not loop.last }}
    {%- endfor %}
),

usual_gaps as (
    select
        project_id,
        wording_hash,
        beats,
        median(gap_s) as usual_gap_s
    from gaps
    group by project_id, wording_hash, beats
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
            and gaps.wording_hash = usual_gaps.wording_hash
            and gaps.beats = usual_gaps.beats
    where usual_gaps.usual_gap_s >= 1
),

beats as (
    select
        project_id,
        wording_hash,
        beats
    from placed
    group by project_id, wording_hash, beats
    having
        sum(case when is_on_beat then 1 else 0 end)
        >= count(gap_s) * {{ automated_limit("min_beat_share") }}
        and sum(case when is_on_beat then gap_s else 0 end)
        >= sum(gap_s) * {{ automated_limit("min_beat_time_share") }}
),

on_beat as (
    select distinct
        placed.project_id,
        placed.wording_hash,
        placed.session_id
    from placed
    inner join beats
        on
            placed.project_id = beats.project_id
            and placed.wording_hash = beats.wording_hash
            and placed.beats = beats.beats
    where placed.is_on_beat or placed.is_before_beat
),

clocked as (
    select
        on_beat.project_id,
        count(distinct on_beat.wording_hash) as n_wordings,
        count(*) as n_sessions
    from on_beat
    group by on_beat.project_id
),

-- If all messages come at regular intervals, the times are made up and say nothing about the sender.
project_sessions as (
    select
        project_id,
        count(distinct session_id) as n_sessions
    from session_wordings
    where project_id in (select clocked.project_id from clocked)
    group by project_id
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
