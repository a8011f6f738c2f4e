-- The world of scripts: Lua's own functions and the libraries of Redis behind read-only stand-ins.
--
-- Lua 5.1 has no read-only tables. A script therefore never holds a library itself but an empty stand-in, whose
-- metatable reads from the library and refuses to write. `shadow` says what a stand-in stands for.
local rust, libraries = ...
local assert, error, getmetatable, ipairs, next, rawequal = assert, error, getmetatable, ipairs, next, rawequal
local rawget, rawset, select, setmetatable, tonumber, type = rawget, rawset, select, setmetatable, tonumber, type
local plain_pcall, plain_xpcall, plain_tostring, plain_unpack = pcall, xpcall, tostring, unpack
local plain_resume, find, format = coroutine.resume, string.find, string.format
local READONLY = "Attempt to modify a readonly table"

local shadow = {}
local stand_ins = {}

local function guard(table, visible)
  local meta = { __index = table, __newindex = rust.refuse }
  local stand_in = setmetatable({}, meta)
  shadow[stand_in] = table
  stand_ins[#stand_ins + 1] = stand_in
  meta.__metatable = visible and guard(visible) or false
  return stand_in
end

-- The names that Redis 7.0 leaves of Lua's own.
local world = {}
for _, name in ipairs({ "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "rawequal", "select",
    "tonumber", "type" }) do
  world[name] = _G[name]
end

local function complain(message)
  error(rust.place() .. message, 0)
end

local function expected(number, name, what, got)
  complain(format("bad argument #%d to '%s' (%s expected, got %s)", number, name, what, type(got)))
end

local function checked(table, name)
  if type(table) ~= "table" then
    expected(1, name, "table", table)
  end
  return shadow[table] or table
end

function world.pairs(table)
  local real = checked(table, "pairs")
  if real ~= table then
    local copy = {}
    for key, value in next, real do copy[key] = value end
    real = copy
  end
  return next, real, nil
end

function world.rawget(...)
  local table, key = ...
  local real = checked(table, "rawget")
  if select("#", ...) < 2 then
    complain("bad argument #2 to 'rawget' (value expected)")
  end
  return rawget(real, key)
end

function world.rawset(...)
  local table, key, value = ...
  local real = checked(table, "rawset")
  if select("#", ...) < 3 then
    complain(format("bad argument #%d to 'rawset' (value expected)", select("#", ...) + 1))
  elseif real ~= table then
    error(READONLY, 0)
  end
  if key == nil then
    error("table index is nil", 0)
  end
  return rawset(table, key, value)
end

function world.setmetatable(table, meta)
  if checked(table, "setmetatable") ~= table then
    error(READONLY, 0)
  end
  if meta ~= nil and type(meta) ~= "table" then
    complain("bad argument #2 to 'setmetatable' (nil or table expected)")
  end
  return setmetatable(table, meta)
end

-- A failure as Redis's pcall gives it: of a table with a text in `err`, the text. What a script must not survive is
-- raised again.
local function settled(ok, ...)
  if ok then
    return true, ...
  end
  rust.check()
  local failure = rust.caught((...))
  if type(failure) ~= "table" then
    return false, failure
  end
  local line = failure.err
  if type(line) == "string" or type(line) == "number" then
    return false, line
  end
  return false, failure, line
end

function world.pcall(...)
  if select("#", ...) == 0 then
    return false, "attempt to call a boolean value"
  end
  return settled(plain_pcall(...))
end

local function survived(ok, ...)
  if not ok then
    rust.check()
  end
  return ok, ...
end

function world.xpcall(run, handler)
  return survived(plain_xpcall(run, function(failure)
    -- The hook that ends a script is still running then, and nothing could end the handler.
    if rust.is_spent() then
      return failure
    end
    return handler(rust.caught(failure))
  end))
end

local function resumed(ok, ...)
  if ok then
    return true, ...
  end
  rust.check()
  return false, rust.caught((...))
end

-- What a coroutine raises passes through `wrap` with the place of the caller in front of it, if it is a text.
local function unwrapped(ok, ...)
  if ok then
    return ...
  end
  rust.check()
  local failure = rust.caught((...))
  if type(failure) == "string" or type(failure) == "number" then
    failure = rust.caller() .. failure
  end
  error(failure, 0)
end

local create = coroutine.create
local function wrap(...)
  local run = ...
  if type(run) ~= "function" or rust.is_native(run) then
    complain("bad argument #1 to 'wrap' (Lua function expected)")
  end
  local co = create(run)
  return function(...)
    return unwrapped(plain_resume(co, ...))
  end
end

-- Lua's own unpack crashes where the number of results overflows a C integer.
function world.unpack(table, first, last)
  checked(table, "unpack")
  if first ~= nil and not tonumber(first) then
    expected(2, "unpack", "number", first)
  end
  if last ~= nil and not tonumber(last) then
    expected(3, "unpack", "number", last)
  end
  local whole = first == nil and last == nil
  first, last = tonumber(first) or 1, tonumber(last) or #table
  if first <= last and not (last - first < 7999) then
    complain("too many results to unpack")
  elseif whole then
    -- Its arguments and its results share a stack of 8000 places.
    return plain_unpack(table)
  elseif not (last - first < 7997) then
    complain("too many results to unpack")
  end
  return plain_unpack(table, first, last)
end

-- Objects are numbered as they are first shown: their addresses would differ from run to run.
local seen, shown = {}, 0
function world.tostring(value)
  local text, kind = plain_tostring(value), type(value)
  if (kind == "table" or kind == "function" or kind == "thread") and find(text, "^" .. kind .. ": 0x") then
    if not seen[value] then
      shown = shown + 1
      seen[value] = shown
    end
    return format("%s: 0x%012x", kind, 0x5570000 + seen[value] * 64)
  end
  return text
end

local function loadstring_in(environment, source, name)
  if type(source) == "number" then
    source = plain_tostring(source)
  elseif type(source) ~= "string" then
    expected(1, "loadstring", "string", source)
  end
  return rust.compile(source, name == nil and source or plain_tostring(name), environment)
end

local function load_in(environment, reader, name)
  if type(reader) ~= "function" then
    expected(1, "load", "function", reader)
  end
  local source = ""
  while true do
    local piece = reader()
    if piece == nil or piece == "" then
      break
    elseif type(piece) ~= "string" and type(piece) ~= "number" then
      return nil, "reader function must return a string"
    end
    source = source .. piece
  end
  return rust.compile(source, name == nil and "=(load)" or plain_tostring(name), environment)
end

-- What is compiled while a script runs sees what the script sees.
local function give_loaders(place, environment)
  rawset(place, "loadstring", function(...) return loadstring_in(environment, ...) end)
  rawset(place, "load", function(...) return load_in(environment, ...) end)
end

-- How much memory is in use is nobody's business here: it would differ from run to run.
local KILOBYTES = 64
local OPTIONS = { stop = 0, restart = 0, collect = 0, count = KILOBYTES, step = true, setpause = 200, setstepmul = 200 }
function world.collectgarbage(option)
  local answer = OPTIONS[option == nil and "collect" or option]
  if answer == nil then
    complain(format("bad argument #1 to 'collectgarbage' (invalid option '%s')", plain_tostring(option)))
  end
  return answer
end

function world.gcinfo()
  return KILOBYTES
end

local function copied(table, but)
  local copy = {}
  for key, value in next, table do copy[key] = value end
  for key, value in next, but do copy[key] = value or nil end
  return copy
end

-- What is dumped can be sent about, and is never loaded again: nobody needs to see the insides of a function.
local function dump(run)
  if type(run) ~= "function" then
    expected(1, "dump", "function", run)
  elseif rust.is_native(run) then
    complain("unable to dump given function")
  end
  return "\27Lua"
end

local text = copied(string, { dump = dump })
world.string = guard(text)
world.table = guard(copied(table, {}))
world.math = guard(math)
world.coroutine = guard(copied(coroutine, {
  resume = function(...) return resumed(plain_resume(...)) end,
  wrap = wrap,
}))
for name, library in next, libraries do
  world[name] = guard(library)
end

-- Methods of strings.
local strings = getmetatable("")
strings.__index = text
strings.__metatable = guard({ __index = world.string })

-- What is no global variable is an error, not nil.
setmetatable(world, { __index = rust.missing })
local env = guard(world, { __index = rust.missing })
rawset(world, "_G", env)
give_loaders(world, env)

-- The world of functions: they have a `redis` of their own. While their library is loaded, they have nothing else,
-- and of `redis` only what registers them.
local function_world = copied(world, { _G = false, redis = false })
function_world.redis = guard(rust.function_redis)
setmetatable(function_world, { __index = rust.missing })
local load_world = { redis = guard(setmetatable(rust.load_redis, { __index = rust.missing })) }
setmetatable(load_world, { __index = rust.missing })
local stage = { __index = function_world, __newindex = rust.refuse }
stage.__metatable = guard({ __index = rust.missing })
local function_env = setmetatable({}, stage)
shadow[function_env] = function_world
stand_ins[#stand_ins + 1] = function_env
rawset(function_world, "_G", function_env)
give_loaders(function_world, function_env)

-- Runs a compiled library, which registers its functions.
local function load_library(library)
  seen, shown = {}, 0
  stage.__index = load_world
  local ok, failure = plain_pcall(library)
  stage.__index = function_world
  return ok, failure
end

-- Calls a function; an error is described as that of a script.
local function call(callback, keys, arguments)
  return plain_xpcall(function() return callback(keys, arguments) end, rust.describe)
end

-- Runs a script; an error is described where it came about, while the stack still stands.
local function run(script)
  seen, shown = {}, 0
  return plain_xpcall(script, rust.describe)
end

-- Whether no stand-in holds anything of its own: C functions such as table.insert write past metatables.
local function clean()
  for _, stand_in in ipairs(stand_ins) do
    if next(stand_in) ~= nil then
      return false
    end
  end
  return true
end

return {
  env = env,
  world = world,
  run = run,
  clean = clean,
  function_env = function_env,
  load_library = load_library,
  call = call,
}
