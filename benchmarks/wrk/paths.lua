-- Asks for the lines of the file PATHS, or sends those of BODIES to /v1/related; the second of two threads starts halfway,
-- so that it does not ask for what the first asked for a while before.
local lines = {}
local bodies = os.getenv("BODIES")
for line in io.lines(bodies or os.getenv("PATHS")) do lines[#lines + 1] = line end
local threads = 0

function setup(thread)
  thread:set("first", threads)
  threads = threads + 1
end

function init(_)
  place = first * math.floor(#lines / 2)
  if bodies then wrk.headers["Content-Type"] = "application/json" end
end

function request()
  place = place % #lines + 1
  if bodies then return wrk.format("POST", "/v1/related", nil, lines[place]) end
  return wrk.format("GET", lines[place])
end

function done(summary, latency, _)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format('\n{"rate": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed))
end
