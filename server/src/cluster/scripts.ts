// What has to happen at once in Redis. Each script is one atomic step; `prefix` begins every key of the hotline's processes.

/**
 * A process says that it lives, renews or takes the lease of who decides, and hears who else lives.
 * KEYS nodes, term, leader. ARGV prefix, node, incarnation, entry (JSON), aliveMs, leaseMs, knownTerm, candidate 0|1, heldTerm (0: holds none),
 * known (incarnations this process takes for living, separated by spaces).
 * Returns `{'dead'}`: this incarnation has been declared dead; `{'taken'}`: another process has this name; else
 * `{'ok', term, leader or '', {the known that are dead}, {node, entry, alive 0|1, node, …}}`; leader is `node incarnation term`.
 * `entry` begins with the incarnation and a space.
 */
export const BEAT = `
local prefix, node, incarnation = ARGV[1], ARGV[2], ARGV[3]
if redis.call('exists', prefix .. 'dead:' .. incarnation) == 1 then return {'dead'} end
local alive = prefix .. 'alive:' .. node
local holder = redis.call('get', alive)
if holder and holder ~= incarnation then return {'taken'} end
local before = redis.call('hget', KEYS[1], node)
if before then
  local old = string.match(before, '^%S+')
  if old ~= incarnation then
    redis.call('set', prefix .. 'dead:' .. old, '1', 'px', 86400000)
    redis.call('del', prefix .. 'in:' .. old)
  end
end
redis.call('set', alive, incarnation, 'px', ARGV[5])
redis.call('hset', KEYS[1], node, ARGV[4])
local term = math.max(tonumber(redis.call('get', KEYS[2]) or '0'), tonumber(ARGV[7]))
local me = node .. ' ' .. incarnation .. ' '
local leader = redis.call('get', KEYS[3])
if leader and leader == me .. ARGV[9] then
  redis.call('pexpire', KEYS[3], ARGV[6])
elseif ARGV[8] == '1' and (not leader or string.sub(leader, 1, #me) == me) then
  term = term + 1
  leader = me .. string.format('%d', term)
  redis.call('set', KEYS[3], leader, 'px', ARGV[6])
end
redis.call('set', KEYS[2], string.format('%d', term))
local dead = {}
for known in string.gmatch(ARGV[10], '%S+') do
  if redis.call('exists', prefix .. 'dead:' .. known) == 1 then table.insert(dead, known) end
end
local living = {}
local all = redis.call('hgetall', KEYS[1])
for i = 1, #all, 2 do
  table.insert(living, all[i])
  table.insert(living, all[i + 1])
  table.insert(living, redis.call('get', prefix .. 'alive:' .. all[i]) == string.match(all[i + 1], '^%S+') and '1' or '0')
end
return {'ok', string.format('%d', term), leader or '', dead, living}`;

/**
 * Declares a silent process dead, unless it has said something meanwhile.
 * KEYS nodes. ARGV prefix, node, incarnation. Returns 1 when it is dead (now, or already).
 */
export const BURY = `
local prefix, node, incarnation = ARGV[1], ARGV[2], ARGV[3]
if redis.call('get', prefix .. 'alive:' .. node) == incarnation then return 0 end
local entry = redis.call('hget', KEYS[1], node)
if entry and string.match(entry, '^%S+') == incarnation then redis.call('hdel', KEYS[1], node) end
redis.call('set', prefix .. 'dead:' .. incarnation, '1', 'px', 86400000)
redis.call('del', prefix .. 'in:' .. incarnation)
return 1`;

/** A process leaves. KEYS nodes, leader. ARGV prefix, node, incarnation. */
export const LEAVE = `
local prefix, node, incarnation = ARGV[1], ARGV[2], ARGV[3]
local me = node .. ' ' .. incarnation .. ' '
local leader = redis.call('get', KEYS[2])
if leader and string.sub(leader, 1, #me) == me then redis.call('del', KEYS[2]) end
local entry = redis.call('hget', KEYS[1], node)
if entry and string.match(entry, '^%S+') == incarnation then
  redis.call('hdel', KEYS[1], node)
  redis.call('del', prefix .. 'alive:' .. node)
end
redis.call('set', prefix .. 'dead:' .. incarnation, '1', 'px', 86400000)
redis.call('del', prefix .. 'in:' .. incarnation)
return 1`;

/** Gives the lease back, for another to take. KEYS leader. ARGV `node incarnation term`. */
export const RESIGN = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

/**
 * Numbers a batch of events for the whole hotline and puts them where all processes read them. The same batch again gets the same numbers.
 * KEYS seq, stream, batches. ARGV prefix, node, incarnation, batch (its number), count, known (no number up to this is given out),
 * floor (the same when Redis knows of no number), length of the stream, events (JSON array).
 * Returns the first number; 0 when this incarnation has been declared dead: nobody shall hear of it any more.
 */
export const NUMBER = `
local incarnation = ARGV[3]
if redis.call('exists', ARGV[1] .. 'dead:' .. incarnation) == 1 then return 0 end
local last = redis.call('hget', KEYS[3], incarnation)
if last then
  local batch, first = string.match(last, '^(%d+) (%d+)$')
  if batch == ARGV[4] then return tonumber(first) end
end
local seq = redis.call('get', KEYS[1])
seq = seq and math.max(tonumber(seq), tonumber(ARGV[6])) or tonumber(ARGV[7])
local first = seq + 1
redis.call('set', KEYS[1], string.format('%d', seq + tonumber(ARGV[5])))
redis.call('hset', KEYS[3], incarnation, ARGV[4] .. ' ' .. string.format('%d', first))
redis.call('xadd', KEYS[2], 'maxlen', '~', ARGV[8], '*', 'node', ARGV[2], 'incarnation', incarnation, 'first', string.format('%d', first), 'events', ARGV[9])
return first`;
