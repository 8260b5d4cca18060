-- The embedding model of the current topics: that of the latest fit.
select arg_max(model_id, recorded_at)
from ml.topic_fits
where is_refit
