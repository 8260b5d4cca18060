-- One row per distinct path of at least $min_steps steps, most sessions first, with the path's own loops and returns,
-- and the feedback about its sessions. Shares are of all sessions; the negative share is of the feedback.
with counted as (
    select
        variant_id,
        any_value(n_steps) as n_steps,
        count(*) as n_sessions
    from shown_paths
    where n_steps >= $min_steps and not is_overlong
    group by variant_id
),

listed as (
    select *
    from counted
    order by n_sessions desc, n_steps asc, variant_id asc
    limit $listed
),

ranked as (
    select
        row_number() over ranking as place,
        variant_id,
        n_steps,
        n_sessions,
        sum(n_sessions) over ranking as n_sessions_so_far
    from listed
    window ranking as (order by n_sessions desc, n_steps asc, variant_id asc rows unbounded preceding)
),

described as (
    select
        paths.variant_id,
        any_value(paths.path) as path,
        any_value(paths.n_returns) as n_returns,
        any_value(paths.n_loops) as n_loops,
        median(paths.duration_s) as median_duration_s
    from shown_paths as paths
    where not paths.is_overlong and paths.variant_id in (select ranked.variant_id from ranked)
    group by paths.variant_id
),

rated as (
    select
        paths.variant_id,
        count(*) as n_feedback,
        avg(feedback.score) as mean_score,
        count(*) filter (where feedback.is_negative) as n_negative
    from shown_feedback as feedback
    inner join shown_paths as paths on feedback.session_id = paths.session_id
    where not paths.is_overlong
    group by paths.variant_id
)

select
    ranked.place,
    ranked.variant_id,
    described.path,
    ranked.n_steps,
    ranked.n_sessions,
    ranked.n_sessions / (select count(*) from shown_paths) as session_share,
    ranked.n_sessions_so_far / (select count(*) from shown_paths) as running_share,
    described.median_duration_s,
    described.n_returns,
    described.n_loops,
    coalesce(rated.n_feedback, 0) as n_feedback,
    rated.mean_score,
    coalesce(rated.n_negative, 0) as n_negative,
    rated.n_negative / rated.n_feedback as negative_share
from ranked
inner join described on ranked.variant_id = described.variant_id
left join rated on ranked.variant_id = rated.variant_id
order by ranked.place
