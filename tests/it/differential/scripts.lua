return 1
---
return -1.9
---
return 3.99
---
return 'text'
---
return true
---
return false
---
return nil
---
return
---
return {1, 2, nil, 3}
---
return {1, 2.7, 'x', {true, false, {}}, function() end, 'end'}
---
return 1/0
---
return -1/0
---
return 1e18
---
return 1e19
---
return {ok = 'a\r\nb'}
---
return {ok = 'a\0b'}
---
return {err = 'MY error\nline'}
---
return {err = 'one'}
---
return {err = 'a\0b'}
---
return {err = 5}
---
return {ok = 5, 1}
---
return {{err = 'nested'}, {ok = 'fine'}}
---
return {double = 3.25}
---
return {double = '3'}
---
return {double = 10}
---
return {map = {a = 1}}
---
return {set = {a = true}}
---
return {big_number = '123\r\n4'}
---
return {verbatim_string = {format = 'txt', string = 'hello'}}
---
return {verbatim_string = {string = 'hello'}}
---
redis.setresp(3) return true
---
redis.setresp(3) return {false, nil, 1}
---
redis.setresp(3) return redis.call('GET', 'nosuch')
---
redis.setresp(3) return type(redis.call('GET', 'nosuch'))
---
redis.call('ZADD', 'z', 1.5, 'm') redis.setresp(3) return redis.call('ZSCORE', 'z', 'm').double * 2 .. ''
---
redis.call('ZADD', 'z', 1.5, 'm') return type(redis.call('ZSCORE', 'z', 'm'))
---
redis.setresp(3) local r = redis.call('ZRANGE', 'z', 0, -1, 'WITHSCORES') return {r[1][1], type(r[1][2]), r[1][2]}
---
redis.setresp(4)
---
redis.setresp()
---
return KEYS
---
return ARGV
---
return {#KEYS, #ARGV, KEYS[3], ARGV[1]}
---
KEYS[1] = 'changed' return KEYS
---
KEYS = 1
---
return redis.call('SET', KEYS[1], ARGV[1])
---
return redis.call('GET', KEYS[1])
---
return redis.call('get', KEYS[2])
---
return redis.call('SET', KEYS[2], 12.5)
---
return redis.call('SET', KEYS[2], 1e17)
---
return redis.call('SET', KEYS[2], 0.1)
---
return redis.call('SET', KEYS[2], -0)
---
return redis.call('SET', KEYS[2], true)
---
return redis.call('SET', KEYS[2], nil)
---
return redis.call('SET', KEYS[2], {})
---
return redis.call()
---
return redis.pcall()
---
return redis.call('nosuch')
---
return redis.pcall('nosuch')
---
return redis.call('GET')
---
return redis.call('OBJECT', 'nosuch')
---
return redis.call('EVAL', 'return 1', 0)
---
return redis.call('WATCH', 'a')
---
return redis.call('LPUSH', 'z', 1)
---
return redis.pcall('LPUSH', 'z', 1)
---
local r = redis.pcall('LPUSH', 'z', 1) return {r.err, type(r), r.source, r.line}
---
local ok, e = pcall(redis.call, 'LPUSH', 'z', 1) return {tostring(ok), type(e), e}
---
local ok, e = pcall(redis.call) return {tostring(ok), type(e), e}
---
local r = redis.call('PING') return {type(r), r.ok}
---
return redis.call('SELECT', 5)
---
redis.call('SELECT', 5) return redis.call('SET', 'indb5', 1)
---
return redis.call('EXISTS', 'indb5')
---
return redis.status_reply('FINE')
---
return redis.error_reply('bad')
---
return redis.error_reply('-CODE bad')
---
return redis.error_reply('CODE bad thing')
---
return redis.error_reply('-')
---
return redis.error_reply('')
---
return redis.error_reply(1)
---
return redis.status_reply()
---
return redis.sha1hex('abc')
---
return redis.sha1hex(12)
---
return redis.sha1hex()
---
return redis.sha1hex(nil)
---
return redis.log(redis.LOG_WARNING, 'x')
---
return redis.log('x')
---
return redis.log('x', 'y')
---
return redis.log(9, 'y')
---
return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}
---
return {redis.REPL_ALL, redis.REPL_AOF, redis.REPL_REPLICA, redis.REPL_SLAVE, redis.REPL_NONE}
---
return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}
---
return redis.set_repl(redis.REPL_ALL)
---
return redis.set_repl(9)
---
return redis.set_repl()
---
return redis.replicate_commands()
---
return {redis.breakpoint(), redis.debug('x')}
---
return redis.acl_check_cmd('GET', 'a')
---
return redis.acl_check_cmd('nosuch', 'a')
---
return redis.acl_check_cmd()
---
return redis.nosuch
---
redis.call = 1
---
cjson.encode = 1
---
x = 1
---
return x
---
return x.y
---
local t = nil return t.x
---
local function f() return nil + 1 end
return f()
---
error('text')
---
error('text', 0)
---
error('text', 2)
---
error({err = 'TABLE error'})
---
error({err = 'x', 5})
---
error()
---
error(nil)
---
error(true)
---
error(17)
---
error('a\nb')
---
local function deep(n) if n == 0 then error('deep') end return 1 + deep(n - 1) end
return deep(5)
---

local a = 1

error('line four')
---
assert(false)
---
assert(false, 'reason')
---
assert(nil, {err = 'REASON table'})
---
return {pcall(error)}
---
return {pcall(error, 'x')}
---
return {pcall(error, {err = 'q'})}
---
return {pcall(function() error({1, 2}) end)}
---
return {pcall(function() error('inside') end)}
---
return {pcall(function() return 1, 2, nil, 3 end)}
---
return {pcall()}
---
return {xpcall(function() error('x') end, function(e) return e .. '!' end)}
---
return {xpcall(function() return 1 end, function(e) return e .. '!' end)}
---
return {xpcall(function() redis.call('nosuch') end, function(e) return type(e) end)}
---
local c = coroutine.wrap(function() error('x') end) c()
---
local c = coroutine.create(function() redis.call('nosuch') end) return {coroutine.resume(c)}
---
local c = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end) return {c(1), c(10)}
---
return coroutine.status(coroutine.create(function() end))
---
return 1 +
---
return 'unfinished
---
for
---
goto x
---
return {type(print), 1}
---
return dofile('x')
---
return loadfile('x')
---
return require('x')
---
return os.time()
---
return io
---
return debug
---
return newproxy()
---
return getfenv()
---
return setfenv
---
return type(collectgarbage('count'))
---
return collectgarbage()
---
local x = collectgarbage('foo')
---
return type(gcinfo())
---
return _VERSION
---
return _G == _G._G
---
return type(_G.redis.call)
---
return rawget(_G, 'nosuch')
---
return type(rawget(_G, 'redis'))
---
rawset(_G, 'x', 1)
---
setmetatable(_G, {})
---
getmetatable(_G).__index = {}
---
return getmetatable('').__index == string
---
getmetatable('').__index = nil
---
local n = 0 for k, v in pairs(redis) do n = n + 1 end return n
---
local n = {} for k, v in pairs(string) do if k ~= 'dump' then n[#n + 1] = k end end table.sort(n) return n
---
local n = {} for k, v in pairs(table) do n[#n + 1] = k end table.sort(n) return n
---
local n = {} for k, v in pairs(math) do n[#n + 1] = k end table.sort(n) return n
---
local n = {} for k, v in pairs(cjson) do n[#n + 1] = k end table.sort(n) return n
---
local n = {} for k, v in pairs(bit) do n[#n + 1] = k end table.sort(n) return n
---
local n = {} for k, v in pairs(redis) do n[#n + 1] = k end table.sort(n) return n
---
local t = setmetatable({}, {__index = function(t, k) return k .. '!' end}) return {t.abc, rawget(t, 'abc')}
---
return setmetatable({1}, {__index = function() return 7 end})
---
local x = setmetatable(1, {})
---
local x = setmetatable({}, 1)
---
return getmetatable(setmetatable({}, {__metatable = 'locked'}))
---
return tostring(nil) .. tostring(1.5) .. tostring(1e100) .. tostring(true) .. tostring('x')
---
return tostring(setmetatable({}, {__tostring = function() return 'shown' end}))
---
return {tonumber('10'), tonumber('0x10'), tonumber('z', 36), tonumber('x'), 1}
---
return {unpack({1, 2, 3})}
---
return {unpack({1, 2, 3}, 2)}
---
return {unpack({1, 2, 3}, 2, 5)}
---
return {unpack({}, 1, 1e7)}
---
local x = unpack(1)
---
return {select('#', 1, nil, 3), select(2, 'a', 'b', 'c')}
---
return {next({}), next({5})}
---
local t = {} for i, v in ipairs({1, 2, nil, 4}) do t[#t + 1] = v end return t
---
local t = {} for k in pairs({a = 1, b = 2, c = 3, d = 4, e = 5}) do t[#t + 1] = k end return t
---
local t = {} for k, v in pairs({10, 20, x = 1, y = 2, 30}) do t[#t + 1] = tostring(k) end return t
---
return {pairs(nil)}
---
return loadstring('return 1 + 1')()
---
return {loadstring('return 1 +')}
---
return loadstring('x = 1')()
---
return loadstring('error("inside")', 'name')()
---
return loadstring('error("inside")', '@name')()
---
return loadstring('return nosuch')()
---
local parts = {'return ', '4', '2'} local i = 0 return load(function() i = i + 1 return parts[i] end)()
---
return {load(function() return {} end)}
---
return {math.random(100), math.random(100), math.random(5, 10), math.floor(math.random() * 1e6)}
---
math.randomseed(42) return {math.random(1000), math.random(1000)}
---
return math.random(0)
---
return math.random(5, 1)
---
return math.random(1, 2, 3)
---
return math.random('x')
---
return {math.floor(2.7), math.ceil(2.1), math.abs(-3), math.max(1, 5, 3), math.min(4, 2), 7 % 3, -7 % 3, 2 ^ 10}
---
return {math.huge, -math.huge, math.mod(7, 4), math.fmod(-7, 4)}
---
return {string.format('%d %s %5.2f %x %q', 42, 'x', 3.14159, 255, 'a"b\n')}
---
return string.format('%d', 'x')
---
return string.format('%y', 1)
---
return {string.find('hello world', 'o w'), string.find('hello', 'l+'), string.match('key:42', '(%a+):(%d+)')}
---
return {string.gsub('hello', 'l', 'L'), (string.gsub('abc', '%w', '%0%0'))}
---
local t = {} for w in string.gmatch('one two three', '%a+') do t[#t + 1] = w end return t
---
return {('x'):rep(3), ('abc'):upper(), ('abc'):byte(1, -1), #'abc', ('abc'):sub(2), ('abc'):reverse(), ('%d'):format(7)}
---
return {table.concat({1, 2, 3}, ','), table.concat({}, 'x'), table.getn({1, 2}), table.maxn({1, [10] = 2})}
---
return table.concat({1, {}, 3})
---
local t = {3, 1, 2} table.sort(t) table.insert(t, 4) table.insert(t, 1, 0) table.remove(t, 2) return t
---
local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t
---
table.sort({1, 'x'})
---
table.insert({1}, 2, 3, 4)
---
return string.nosuch('x')
---
local t = {} t[nil] = 1
---
return #5
---
return {} .. 'x'
---
return 1 < 'x'
---
return {} < {}
---
local s = 'x' return s.y.z
---
local redis = nil return redis.call('x')
---
local t = {} return t.a.b.c
---
return cjson.encode({1, 2, 3})
---
return cjson.encode({a = 1})
---
return cjson.encode({})
---
return cjson.encode('a"\\/\b\f\n\r\t\1\127é')
---
return cjson.encode({1.5, 1e100, 123456789012345, 0.1, -0, true, false, cjson.null})
---
return cjson.encode({1, nil, 3})
---
return cjson.encode({[1] = 1, [2] = 2, [20] = 3})
---
return cjson.encode({[1] = 1, [100] = 3})
---
return cjson.encode({[1.5] = 1})
---
return cjson.encode({[true] = 1})
---
return cjson.encode(nil)
---
return cjson.encode()
---
return cjson.encode(1, 2)
---
return cjson.encode(function() end)
---
return cjson.encode({x = function() end})
---
return cjson.encode(1 / 0)
---
return cjson.encode(0 / 0)
---
local t = {} for i = 1, 1001 do t = {t} end return cjson.encode(t)
---
return cjson.encode({{}, {{}}, {a = {}}})
---
return cjson.decode('[1, 2.5, "x", null, true, false, {"a": [1]}]')
---
local t = cjson.decode('{"a": {"b": [10, 20]}, "n": null}') return {t.a.b[2], t.n == cjson.null, type(t.n), tostring(t.n)}
---
return cjson.decode('"\\u00e9\\ud83d\\ude00\\n\\/"')
---
return cjson.decode('[1e2, -0.5, 0x10, 1E+2]')
---
return cjson.decode('x')
---
return cjson.decode('')
---
return cjson.decode('[1, 2')
---
return cjson.decode('{"a" 1}')
---
return cjson.decode('{a: 1}')
---
return cjson.decode('[1,]')
---
return cjson.decode('"abc')
---
return cjson.decode('"\\x"')
---
return cjson.decode('"\\ud83d"')
---
return cjson.decode('nul')
---
return cjson.decode('1 2')
---
return cjson.decode('01')
---
return cjson.decode('-')
---
return cjson.decode('"a\nb"')
---
return tostring(cjson.decode('nan'))
---
return tostring(cjson.decode('-Infinity'))
---
return cjson.decode('[1]', 2)
---
return cjson.decode()
---
return cjson.decode({})
---
return cjson.decode(12)
---
return cjson.decode(string.rep('[', 1001) .. string.rep(']', 1001))
---
return #cjson.decode(string.rep('[', 1000) .. string.rep(']', 1000))
---
return {pcall(cjson.decode, 'x')}
---
local ok, e = pcall(cjson.decode, '[') return {type(e), e}
---
return {cjson.encode_sparse_array(), 1}
---
return {cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision()}
---
return {tostring(cjson.encode_keep_buffer()), tostring(cjson.encode_invalid_numbers()), tostring(cjson.decode_invalid_numbers())}
---
local j = cjson.new() j.encode_number_precision(3) return {j.encode(1.23456), cjson.encode(1.23456)}
---
local j = cjson.new() j.encode_sparse_array(true) return j.encode({[1] = 1, [100] = 3})
---
local j = cjson.new() j.encode_invalid_numbers(true) return j.encode({1 / 0, -1 / 0})
---
local j = cjson.new() j.encode_invalid_numbers('null') return j.encode({1 / 0, 0 / 0})
---
local j = cjson.new() j.decode_invalid_numbers(false) return j.decode('nan')
---
local j = cjson.new() j.encode_max_depth(2) return {j.encode({{}}), j.encode({{{}}})}
---
local j = cjson.new() j.decode_max_depth(2) return j.decode('[[[1]]]')
---
return cjson.encode_number_precision(99)
---
return cjson.encode_invalid_numbers('x')
---
return {cjson._VERSION, cjson._NAME}
---
local t = cjson.decode('{"1": "a", "2": "b"}') return {t['1'], t[1], t['2']}
---
return cjson.encode(cjson.decode('{"a":[],"b":{},"c":[{}]}'))
---
return cjson.encode({[0] = 1, 2})
---
return cjson.encode({1, 2, x = 3})
---
return cmsgpack.pack({1, 2, 3})
---
return cmsgpack.pack({a = 1})
---
return cmsgpack.pack({})
---
return cmsgpack.pack(1, -1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649)
---
return cmsgpack.pack(1.5, 0.1, 1e300, 1 / 0, 2 ^ 62)
---
return cmsgpack.pack('', 'x', string.rep('y', 31), string.rep('z', 32), string.rep('w', 256))
---
return string.sub(cmsgpack.pack(string.rep('w', 65536)), 1, 8)
---
return cmsgpack.pack(nil, true, false)
---
return cmsgpack.pack()
---
return cmsgpack.pack(function() end)
---
local t = {} for i = 1, 16 do t[i] = i end return cmsgpack.pack(t)
---
local t = {1} for i = 1, 20 do t = {t} end return cmsgpack.pack(t)
---
local t = {} t[1] = t return cmsgpack.pack(t)
---
return cmsgpack.unpack(cmsgpack.pack({1, {2, 'x'}, true, 1.5}))
---
return {cmsgpack.unpack(cmsgpack.pack(1, 'two', {3}))}
---
local t = cmsgpack.unpack(cmsgpack.pack({a = {b = 5}})) return t.a.b
---
return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3))}
---
return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3), 1)}
---
return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3), 2)}
---
return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2)}
---
return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2, 1)}
---
return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 0, 3)}
---
return cmsgpack.unpack_one(cmsgpack.pack(1), 9)
---
return cmsgpack.unpack_limit(cmsgpack.pack(1), -1)
---
return cmsgpack.unpack('\xc1')
---
return cmsgpack.unpack('\193')
---
return cmsgpack.unpack('\146\1')
---
return cmsgpack.unpack('\218\0\5abc')
---
return cmsgpack.unpack('')
---
return cmsgpack.unpack({})
---
return {cmsgpack.unpack('\204\200\208\200\205\1\1\209\255\0\206\1\0\0\0\210\255\0\0\0\207\0\0\0\0\0\0\0\9\211\255\255\255\255\255\255\255\255\224\127')}
---
return {cmsgpack.unpack('\217\3abc\196\2xy\197\0\1z\198\0\0\0\1w')}
---
return {cmsgpack._NAME, cmsgpack._VERSION}
---
return {bit.band(255, 15), bit.bor(1, 2, 4), bit.bxor(7, 2), bit.bnot(0), bit.lshift(1, 31), bit.rshift(-1, 28), bit.arshift(-16, 2)}
---
return {bit.rol(0x12345678, 8), bit.ror(0x12345678, 8), bit.bswap(0x12345678), bit.tobit(0xffffffff), bit.tobit(2 ^ 40 + 5), bit.tobit(1.5), bit.tobit(2.5)}
---
return {bit.tohex(255), bit.tohex(-1, 4), bit.tohex(255, -4), bit.tohex(1, 20), bit.tohex(1, 0)}
---
return bit.band('x')
---
return bit.band()
---
return bit.band('12', 7)
---
return bit.lshift(1)
---
return {bit.lshift(1, 32), bit.lshift(1, -1), bit.band(1 / 0, 1), bit.tobit(-1.5)}
---
return struct.pack('>I2I4', 1, 2)
---
return struct.pack('<hlLbBHd', -1, -2, 3, -4, 200, 40000, 1.5)
---
return struct.pack('f', 1.5) .. struct.pack('>f', 1.5)
---
return struct.pack('s', 'abc') .. struct.pack('c2', 'abc') .. struct.pack('c0', 'xyz') .. struct.pack('xx')
---
return struct.pack('c5', 'abc')
---
return struct.pack('!4 b i', 1, 2)
---
return struct.pack('! b d', 1, 2)
---
return struct.pack('i3', 1)
---
return struct.pack('i64', 1)
---
return struct.pack('!3')
---
return struct.pack('y', 1)
---
return struct.pack('i')
---
return struct.pack('i', 'x')
---
return struct.pack()
---
return {struct.unpack('>I2I4', '\0\1\0\0\0\2')}
---
return {struct.unpack('<bBhH', '\255\255\255\255\255\255')}
---
return {struct.unpack('s', 'abc\0def')}
---
return {struct.unpack('bc0', '\3abcdef')}
---
return {struct.unpack('c0', 'abc')}
---
return {struct.unpack('c2', 'abc', 2)}
---
return {struct.unpack('i', 'ab')}
---
return {struct.unpack('s', 'abc')}
---
return {struct.unpack('i4', '\1\0\0\0', 9)}
---
return {struct.unpack('b', 'abc', -1)}
---
return {struct.unpack('d', struct.pack('d', 2.5))}
---
return {struct.unpack('l', struct.pack('l', 2 ^ 53))}
---
return {struct.size('i'), struct.size('!4bi'), struct.size('>I2I4d'), struct.size('xbh')}
---
return struct.size('s')
---
return struct.size('c0')
---
return struct.size('y')
---
local current = redis.call('GET', KEYS[1])
if current == false then current = 0 end
return {current, tonumber(current)}
---
redis.call('DEL', KEYS[1], KEYS[2])
for i = 1, 5 do redis.call('INCR', KEYS[1]) end
return tonumber(redis.call('GET', KEYS[1]))
---
if redis.call('GET', KEYS[1]) == ARGV[2] then return redis.call('DEL', KEYS[1]) else return 0 end
---
redis.call('SET', KEYS[1], 'kept') redis.call('SET', KEYS[1]) return 1
---
return redis.call('TYPE', 'z')
---
return redis.call('TYPE', 'z').ok
---
return {redis.call('PING'), redis.call('ECHO', 'x')}
---
return redis.call('BZPOPMIN', 'nosuch', 0)
---
return redis.call('BZMPOP', 0, 1, 'nosuch', 'MIN')
---
return redis.call('MULTI')
---
return redis.call('SUBSCRIBE', 'x')
---
return redis.call('PUBLISH', 'x', 'y')
---
return redis.call('SCRIPT', 'EXISTS', 'x')
