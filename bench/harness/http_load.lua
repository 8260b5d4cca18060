-- A load of one fixed POST for wrk; prints what was measured as JSON. Used by http_load.py.
local function read_all(path)
  local file = assert(io.open(path, "rb"))
  local data = file:read("*a")
  file:close()
  return data
end

wrk.method = "POST"
wrk.body = read_all(os.getenv("LOAD_BODY"))
wrk.headers["Content-Type"] = os.getenv("LOAD_CONTENT_TYPE")
wrk.headers["X-API-Key"] = os.getenv("LOAD_KEY")

-- Places (from 0, comma-separated) where each request gets random bytes of its own: ids in a binary body.
local places = {}
for place in (os.getenv("LOAD_RANDOM_AT") or ""):gmatch("%d+") do
  places[#places + 1] = tonumber(place)
end
local RANDOM_BYTES = 8

if #places > 0 then
  function init()
    math.randomseed(os.time())
  end

  function request()
    local parts, from = {}, 1
    for _, place in ipairs(places) do
      parts[#parts + 1] = wrk.body:sub(from, place)
      for _ = 1, RANDOM_BYTES do
        parts[#parts + 1] = string.char(math.random(0, 255))
      end
      from = place + RANDOM_BYTES + 1
    end
    parts[#parts + 1] = wrk.body:sub(from)
    return wrk.format(nil, nil, nil, table.concat(parts))
  end
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\n{"n_requests": %d, "seconds": %f, "n_refused": %d, "n_broken": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
