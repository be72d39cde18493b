-- Numbers of these clinics may be free although the gate has none: until they were read again, nobody is told
-- "sold out" here. ARGV: ids of schedules.
local time = redis.call('TIME')
local real = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(ARGV) do
  local gate = 'guahao:gate:' .. id
  if redis.call('EXISTS', gate) == 1 then
    redis.call('HINCRBY', gate, 'doubt', 1)
    redis.call('ZADD', 'guahao:gate:doubted', real, id)
  end
end
