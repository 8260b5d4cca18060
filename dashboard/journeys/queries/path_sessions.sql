-- One row per path among $variant_ids, with the number of its sessions.
select
    variant_id,
    any_value(path) as path,
    count(*) as n_sessions
from shown_paths
where list_contains($variant_ids, variant_id) and not is_overlong
group by variant_id
order by n_sessions desc, variant_id asc
