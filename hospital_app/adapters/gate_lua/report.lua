-- What became of the wishes that passed. ARGV: now, then for each: schedule id, start, account:key, account:patient,
-- what was set aside (slot id or ''), what was granted (slot id or ''), held until, code of the refusal.
local now = tonumber(ARGV[1])
local time = redis.call('TIME')
local real = time[1] * 1000 + math.floor(time[2] / 1000)

local function place(gate, start, slot, score)
  local seq = redis.call('HGET', gate .. ':seqs', slot)
  if not seq then return false end
  local member = seq .. ':' .. slot
  redis.call('ZADD', gate .. ':' .. start, 'XX', score, member)
  redis.call('HSET', gate .. ':touched', start .. ':' .. member, real)
  return true
end

local function doubt(gate, id)
  redis.call('HINCRBY', gate, 'doubt', 1)
  redis.call('ZADD', 'guahao:gate:doubted', real, id)
end

for i = 2, #ARGV, 8 do
  local id, start, key, person = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local aside, granted, held, code = ARGV[i + 4], ARGV[i + 5], ARGV[i + 6], ARGV[i + 7]
  local gate = 'guahao:gate:' .. id
  if redis.call('EXISTS', gate) == 1 then
    if granted ~= '' then
      redis.call('SADD', gate .. ':keys', key)
      redis.call('EXPIRE', gate .. ':keys', 86400)
      place(gate, start, granted, held)
      if aside ~= '' and aside ~= granted then doubt(gate, id) end
    elseif code == 'slot_taken' then
      if aside ~= '' then doubt(gate, id) end
    elseif aside ~= '' then
      place(gate, start, aside, now)
    end
  end
  if code == 'limit_reached' then
    redis.call('SET', 'guahao:gate:limited:' .. person, now, 'PX', 3000)
  end
end
