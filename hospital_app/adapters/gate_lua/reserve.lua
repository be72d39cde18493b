-- 一次闸门：answers each wish of a batch. ARGV: now, seconds that a number is set aside, freshness in milliseconds, then
-- for each wish: schedule id, start, account:key, account:patient. Answers: u unknown, p passed, n:<slot id> passed
-- with a number, and refused: s sold out, l limit, r unreleased, o over, x suspended.
local now, aside, fresh = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local real = time[1] * 1000 + math.floor(time[2] / 1000)
local suspect = tonumber(redis.call('GET', 'guahao:gate:suspect') or '0')
local answers = {}

local function answer(id, start, key, person)
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
  local numbers = gate .. ':' .. start
  local found = redis.call('ZRANGEBYSCORE', numbers, '-inf', now, 'LIMIT', 0, 1)
  if not found[1] then
    if checked and known[4] == known[5] then return 's' end
    return 'p'
  end
  redis.call('ZADD', numbers, now + aside, found[1])
  redis.call('HSET', gate .. ':touched', start .. ':' .. found[1], real)
  return 'n:' .. string.match(found[1], ':(%d+)$')
end

for i = 4, #ARGV, 4 do
  answers[#answers + 1] = answer(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
end
return answers
