-- Redis was away for somebody, who could not report: what was read before now refuses nobody until it was read again.
local time = redis.call('TIME')
redis.call('SET', 'guahao:gate:suspect', time[1] * 1000 + math.floor(time[2] / 1000), 'EX', 60)
