-- Counts what accounts did. ARGV: JSON of {window, dwell, burst, acts: [[kind, milliseconds, account, patient, schedule,
-- device, address], ...]}. Answers JSON of {account: {counted: count, ..., schedules, proved}} for each account among them.
local told = cjson.decode(ARGV[1])
local prefix = 'guahao:scalping:'

local function expiring(key, seconds)
  if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, seconds) end
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
    expiring(account, told.window)
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
      local here = prefix .. 'accounts-at:' .. address
      redis.call('PFADD', here, id)
      expiring(here, told.window)
      raise(account, 'address_accounts', redis.call('PFCOUNT', here))
    end
    if kind ~= 'held' then
      redis.call('HINCRBY', account, 'refused', 1)
      local second = account .. ':' .. math.floor(at / 1000)
      local refused = redis.call('INCR', second)
      redis.call('EXPIRE', second, 5)
      if refused == told.burst + 1 then redis.call('HINCRBY', account, 'bursts', 1) end
    end
    expiring(account, told.window)
  end
  if schedule ~= '0' then joined(account .. ':schedules', schedule) end
end

local answers = {}
for _, act in ipairs(told.acts) do
  count(act[1], act[2], act[3], act[4], act[5], act[6], act[7])
  answers[act[3]] = true
end
for id in pairs(answers) do
  local account = prefix .. 'account:' .. id
  local counted, all = {}, redis.call('HGETALL', account)
  for i = 1, #all, 2 do counted[all[i]] = tonumber(all[i + 1]) end
  counted.schedules = table.concat(redis.call('SMEMBERS', account .. ':schedules'), ' ')
  counted.proved = redis.call('EXISTS', prefix .. 'proved:' .. id)
  answers[id] = counted
end
return cjson.encode(answers)
