-- One row per journey of two groups, a and b: sessions whose first value of the field $by is $a or $b; without a field,
-- sessions that began since $since and those before. Each has the random group of its cluster.
with marked as (
    select
        session_id,
        enum_value
    from shown_segments
    where field = $by and enum_value in ($a, $b)
)

select
    paths.session_id,
    clusters.group_id,
    if(coalesce(marked.enum_value = $a, paths.started_at >= $since), 'a', 'b') as side,
    paths.variant_id,
    paths.path,
    paths.n_returns
from shown_paths as paths
inner join shown_session_groups as clusters on paths.session_id = clusters.session_id
left join marked on paths.session_id = marked.session_id
where paths.n_steps > 0 and not paths.is_overlong and ($by is null or marked.enum_value is not null)
