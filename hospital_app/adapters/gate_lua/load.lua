-- A clinic as the database has it. ARGV: JSON of {id, released, suspended, doubt, began, periods: {start: over},
-- numbers: {start: [[seq, slot id, from], ...]}, keys}. What was reserved or reported since the reading began stays.
local truth = cjson.decode(ARGV[1])
local gate = 'guahao:gate:' .. truth.id
local doubt = redis.call('HGET', gate, 'doubt') or '0'
local touched = {}
local all = redis.call('HGETALL', gate .. ':touched')
for i = 1, #all, 2 do
  if tonumber(all[i + 1]) >= truth.began then touched[all[i]] = true else redis.call('HDEL', gate .. ':touched', all[i]) end
end
local known = redis.call('HKEYS', gate)
for _, field in ipairs(known) do
  local start = string.match(field, '^p:(%d+)$')
  if start and not truth.periods[start] then
    redis.call('HDEL', gate, field)
    redis.call('DEL', gate .. ':' .. start)
  end
end
redis.call('HSET', gate, 'released', truth.released, 'suspended', truth.suspended, 'checked', truth.began,
  'doubt', doubt, 'cleared', truth.doubt)
for start, over in pairs(truth.periods) do
  redis.call('HSET', gate, 'p:' .. start, over)
  local numbers = gate .. ':' .. start
  local now_there = {}
  for _, number in ipairs(truth.numbers[start] or {}) do
    local member = number[1] .. ':' .. number[2]
    now_there[member] = true
    if not touched[start .. ':' .. member] then redis.call('ZADD', numbers, number[3], member) end
    redis.call('HSET', gate .. ':seqs', number[2], number[1])
  end
  for _, member in ipairs(redis.call('ZRANGE', numbers, 0, -1)) do
    if not now_there[member] and not touched[start .. ':' .. member] then redis.call('ZREM', numbers, member) end
  end
  redis.call('EXPIRE', numbers, 86400)
end
for _, key in ipairs(truth.keys) do redis.call('SADD', gate .. ':keys', key) end
for _, name in ipairs({gate, gate .. ':keys', gate .. ':seqs', gate .. ':touched'}) do redis.call('EXPIRE', name, 86400) end
if doubt == truth.doubt then redis.call('ZREM', 'guahao:gate:doubted', truth.id) end
