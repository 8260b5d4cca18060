-- One row per project with a new file: the share of its new lines that were quarantined.
select
    project_id,
    sum(n_lines)::bigint as n_lines,
    sum(n_rejected)::bigint as n_rejected,
    sum(n_rejected) / greatest(sum(n_lines), 1) as rejected_share
from unpublished_segments
group by project_id
