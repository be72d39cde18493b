-- Counts what accounts did. ARGV: JSON of {window, dwell, burst, acts: [[kind, milliseconds, account, patient, schedule,
-- device, address], ...]}. Answers JSON of {account: {counted: count, ..., schedules, proved}} for each account among them.
local told = cjson.decode(ARGV[1])
local prefix = 'guahao:scalping:'
local crowds = {}

local function expiring(key, seconds)
  redis.call('EXPIRE', key, seconds, 'NX')
end

local function joined(key, member)
  redis.call('SADD', key, member)
  expiring(key, told.window)
  return redis.call('SCARD', key)
end

local function looked(name, at)
  if name == '' then return false end
  local since = redis.call('GET', prefix .. 'seen:' .. name)
  return since and at - tonumber(since) >= told.dwell
end

local function raise(account, field, count)
  if count > tonumber(redis.call('HGET', account, field) or '0') then redis.call('HSET', account, field, count) end
end

local function count(kind, at, id, patient, schedule, device, address)
  local account = prefix .. 'account:' .. id
  if kind == 'handed' or kind == 'linked' then
    redis.call('HINCRBY', account, kind, 1)
  else
    if (device ~= '' or address ~= '') and not looked(device, at) and not looked(address, at) then
      redis.call('HINCRBY', account, 'unseen', 1)
      if kind == 'early' or kind == 'sudden' then redis.call('HINCRBY', account, kind, 1) end
    end
    if device ~= '' then
      raise(account, 'devices', joined(account .. ':devices', device))
      raise(account, 'device_accounts', joined(prefix .. 'accounts:' .. device, id))
      raise(account, 'device_patients', joined(prefix .. 'patients:' .. device, patient))
    end
    if address ~= '' then
      local here = crowds[address] or {}
      here[#here + 1] = id
      crowds[address] = here
    end
    if kind ~= 'held' then
      redis.call('HINCRBY', account, 'refused', 1)
      local second = account .. ':' .. math.floor(at / 1000)
      local refused = redis.call('INCR', second)
      redis.call('EXPIRE', second, 5)
      if refused == told.burst + 1 then redis.call('HINCRBY', account, 'bursts', 1) end
    end
  end
  if schedule ~= '0' then joined(account .. ':schedules', schedule) end
end

-- Once for all of an address: after each newcomer a sketch is counted anew, which costs more than all the rest.
local function crowd(address, ids)
  local here = prefix .. 'accounts-at:' .. address
  for from = 1, #ids, 1000 do redis.call('PFADD', here, unpack(ids, from, math.min(from + 999, #ids))) end
  expiring(here, told.window)
  local accounts = redis.call('PFCOUNT', here)
  for _, id in ipairs(ids) do raise(prefix .. 'account:' .. id, 'address_accounts', accounts) end
end

local answers = {}
for _, act in ipairs(told.acts) do
  count(act[1], act[2], act[3], act[4], act[5], act[6], act[7])
  answers[act[3]] = true
end
for address, ids in pairs(crowds) do crowd(address, ids) end
for id in pairs(answers) do
  local account = prefix .. 'account:' .. id
  expiring(account, told.window)
  local counted, all = {}, redis.call('HGETALL', account)
  for i = 1, #all, 2 do counted[all[i]] = tonumber(all[i + 1]) end
  counted.schedules = table.concat(redis.call('SMEMBERS', account .. ':schedules'), ' ')
  counted.proved = redis.call('EXISTS', prefix .. 'proved:' .. id)
  answers[id] = counted
end
return cjson.encode(answers)
