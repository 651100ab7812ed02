-- DescribeKey of one key after the other, for wrk: `wrk -s describe_key.lua URL -- REGION KEY_ID...`
-- Writes one line: requests, microseconds, latency at 50 % and 99 % in microseconds, errors.

local requests, last = {}, 0

function init(args)
  local scope = "AKIDEXAMPLE/20260615/" .. args[1] .. "/kms/aws4_request"
  local headers = {
    ["Authorization"] = "AWS4-HMAC-SHA256 Credential=" .. scope .. ", SignedHeaders=host;x-amz-target, Signature=00",
    ["Content-Type"] = "application/x-amz-json-1.1",
    ["X-Amz-Target"] = "TrentService.DescribeKey",
  }
  for n = 2, #args do
    requests[n - 1] = wrk.format("POST", "/", headers, '{"KeyId":"' .. args[n] .. '"}')
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local figures = { summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed }
  print("figures " .. table.concat(figures, " "))
end
