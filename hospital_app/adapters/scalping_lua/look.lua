-- Somebody looks at numbers, or waits to be let in. ARGV: seconds to remember, then for each: hash, milliseconds. The
-- first look counts, and is remembered from the last one on. `since`: how far back this memory reaches.
redis.call('SET', 'guahao:scalping:since', ARGV[3], 'NX')
redis.call('EXPIRE', 'guahao:scalping:since', ARGV[1])
for i = 2, #ARGV, 2 do
  local key = 'guahao:scalping:seen:' .. ARGV[i]
  redis.call('SET', key, ARGV[i + 1], 'NX')
  redis.call('EXPIRE', key, ARGV[1])
end
