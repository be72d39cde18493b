-- 一次闸门：answers each wish of a batch. ARGV: now, seconds that a number is set aside, freshness in milliseconds, seconds
-- of a release in which whoever was not seen before must prove something, milliseconds of having been seen; then for each
-- wish: schedule id, start, account:key, account:patient, device, address (hashes; both empty: not asked). Answers: u
-- unknown, p passed, n:<slot id> passed with a number, and refused: s sold out, l limit, r unreleased, o over,
-- x suspended, f out of nowhere.
local now, aside, fresh = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local rush, dwell = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local real = time[1] * 1000 + math.floor(time[2] / 1000)
local suspect = tonumber(redis.call('GET', 'guahao:gate:suspect') or '0')
local answers = {}

local function seen(name)
  local since = name ~= '' and redis.call('GET', 'guahao:scalping:seen:' .. name)
  return since and real - tonumber(since) >= dwell
end

-- Who was not seen by a young memory (Redis was flushed, or nobody has come yet) may have been there all the same.
local memory = tonumber(redis.call('GET', 'guahao:scalping:since') or real)
local remembers = real - memory >= 10000

local function out_of_nowhere(person, device, address)
  if not remembers then return false end
  if (device == '' and address == '') or seen(device) or seen(address) then return false end
  return redis.call('EXISTS', 'guahao:scalping:proved:' .. string.match(person, '^%d+')) == 0
end

local function answer(id, start, key, person, device, address)
  local gate = 'guahao:gate:' .. id
  redis.call('ZADD', 'guahao:gate:hot', real, id)
  local known = redis.call('HMGET', gate, 'released', 'suspended', 'checked', 'doubt', 'cleared', 'p:' .. start)
  if not known[1] then return 'u' end
  if redis.call('SISMEMBER', gate .. ':keys', key) == 1 then return 'p' end
  local checked = real - tonumber(known[3]) <= fresh and tonumber(known[3]) > suspect
  if checked then
    if known[2] == '1' then return 'x' end
    if now < tonumber(known[1]) then return 'r' end
    if not known[6] then return 'p' end
    if now >= tonumber(known[6]) then return 'o' end
  end
  local limited = redis.call('GET', 'guahao:gate:limited:' .. person)
  if limited and now - tonumber(limited) <= 3 and now >= tonumber(limited) then return 'l' end
  local in_rush = now - tonumber(known[1]) < rush
  local numbers = gate .. ':' .. start
  local found = redis.call('ZRANGEBYSCORE', numbers, '-inf', now, 'LIMIT', 0, 1)
  if not found[1] then
    if checked and known[4] == known[5] then return 's' end
    if in_rush and out_of_nowhere(person, device, address) then return 'f' end
    return 'p'
  end
  if in_rush and out_of_nowhere(person, device, address) then return 'f' end
  redis.call('ZADD', numbers, now + aside, found[1])
  redis.call('HSET', gate .. ':touched', start .. ':' .. found[1], real)
  return 'n:' .. string.match(found[1], ':(%d+)$')
end

for i = 6, #ARGV, 6 do
  answers[#answers + 1] = answer(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
end
return answers
