-- prelude.lua - what of Lua's own library would tell one run from another, replaced or taken away:
-- the order of pairs(), table.sort() with its clock, addresses in texts, finalizers; and the parts of
-- the language of scenarios that are plain Lua.

local raw_next, raw_type, raw_tostring, raw_setmetatable = next, type, tostring, setmetatable
local raw_format, getmetatable, error, select = string.format, getmetatable, error, select
local concat, line = table.concat, print_line
local is_real = real

-- numbers ascending, then strings by their bytes; what has no order comes last, as it was put in
local function before(a, b)
	local x, y = raw_type(a), raw_type(b)
	if x == y and (x == "number" or x == "string") then return a < b end
	if x == y and x == "boolean" then return not a and b end
	local rank = {number = 1, string = 2, boolean = 3}
	return (rank[x] or 4) < (rank[y] or 4)
end

-- stable merge sort
local function sort(list, less)
	less = less or function(a, b) return a < b end
	local n, width, from, to = #list, 1, list, {}
	while width < n do
		for low = 1, n, 2 * width do
			local i, j, k = low, low + width, low
			local mid, high = math.min(low + width, n + 1), math.min(low + 2 * width, n + 1)
			j = mid
			while i < mid or j < high do
				if i < mid and (j >= high or not less(from[j], from[i])) then
					to[k] = from[i]
					i = i + 1
				else
					to[k] = from[j]
					j = j + 1
				end
				k = k + 1
			end
		end
		from, to = to, from == list and {} or from
		if to == list then to = {} end
		width = 2 * width
	end
	if from ~= list then for i = 1, n do list[i] = from[i] end end
end
table.sort = sort

function pairs(t)
	local m = getmetatable(t)
	if raw_type(m) == "table" and m.__pairs then return m.__pairs(t) end
	local keys, n = {}, 0
	for k in raw_next, t do n = n + 1; keys[n] = k end
	sort(keys, before)
	local i = 0
	return function()
		while i < n do
			i = i + 1
			local v = t[keys[i]]
			if v ~= nil then return keys[i], v end
		end
	end, t, nil
end

function next(t)
	for k, v in pairs(t) do return k, v end
end

function tostring(v)
	local m = getmetatable(v)
	if raw_type(m) == "table" and m.__tostring then return m.__tostring(v) end
	local t = raw_type(v)
	if t == "table" or t == "function" or t == "thread" or t == "userdata" then return t end
	return raw_tostring(v)
end

function string.format(f, ...)
	if f:find("%%[-+ #0-9.]*p") then error("string.format: no addresses here", 2) end
	local args = {...}
	for i = 1, select("#", ...) do
		local t = raw_type(args[i])
		if t ~= "number" and t ~= "string" then args[i] = tostring(args[i]) end
	end
	return raw_format(f, table.unpack(args, 1, select("#", ...)))
end

function setmetatable(t, m)
	if m and (m.__gc or m.__mode) then error("no __gc and no __mode: they depend on memory", 2) end
	return raw_setmetatable(t, m)
end

function print(...)
	local words = {}
	for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
	line(concat(words, "\t"))
end
print_line, real = nil, nil

-- --- hosts -----------------------------------------------------------------------------------------

-- A socket of a host that listens on a port of all addresses.
function host_methods:listen(port, backlog, version)
	local s = self:socket("tcp", version)
	s:setsockopt("SO_REUSEADDR", 1)
	local ok, err = s:bind(version == 6 and "::" or "0.0.0.0", port)
	if not ok then return nil, err end
	ok, err = s:listen(backlog)
	if not ok then return nil, err end
	return s
end

-- A socket of a host that is connected; waits for it.
function host_methods:connect(address, port)
	local s = self:socket("tcp", address:find(":") and 6 or 4)
	local ok, err = s:connect(address, port)
	if not ok then return nil, err end
	return s
end

-- All n bytes, or what came before the end; then the error, if it was one.
function socket_methods:recv_all(n)
	local parts, got = {}, 0
	while got < n do
		local data, err = self:recv(math.min(n - got, 65536))
		if not data then return concat(parts), err end
		if data == "" then break end
		parts[#parts + 1] = data
		got = got + #data
	end
	return concat(parts)
end

-- The keepalive of a socket: idle, interval in seconds, and the number of probes.
function socket_methods:keepalive(idle, interval, count)
	self:setsockopt("SO_KEEPALIVE", 1)
	self:setsockopt("TCP_KEEPIDLE", idle)
	self:setsockopt("TCP_KEEPINTVL", interval)
	self:setsockopt("TCP_KEEPCNT", count)
end

-- Drops what a match names: flags ("S."), or a function of the packet; only the nth of them if given.
function link_methods:drop(match, nth)
	local seen = 0
	self:filter(function(p)
		local hit = raw_type(match) == "function" and match(p) or p.flags == match
		if not hit then return end
		seen = seen + 1
		if not nth or seen == nth then return "drop" end
	end)
end

-- Joins a host, or a side of a NAT, to a LAN: lan:join(host, "10.0.0.1/16", { delay = "1ms" }),
-- lan:join(nat, "inside", nil, "default"). Returns the link.
function lan_methods:join(what, how, config, addresses)
	local t = {what, how, self, addresses or how}
	for k, v in pairs(config or {}) do t[k] = v end
	return link(t)
end

-- --- chat ------------------------------------------------------------------------------------------

-- Settings by section, { limits = { sendq = "64K" } }, as "section.key=value".
local function settings(config)
	local list = {}
	for section, keys in pairs(config) do
		if raw_type(keys) ~= "table" then error(raw_format("chat: '%s' is no section", tostring(section))) end
		for key, value in pairs(keys) do
			list[#list + 1] = raw_format("%s.%s=%s", tostring(section), tostring(key), tostring(value))
		end
	end
	return list
end

-- Starts the chat server: `port`, how long a commit of its disk takes, bytes of the disk, and its configuration.
local start_chat = host_methods.start_chat
host_methods.start_chat = nil
function host_methods:chat(config)
	local c = {server = {}}
	for k, v in pairs(config or {}) do c[k] = v end
	local commit, disk = c.commit or "2ms", c.disk or "256M"
	if c.port then
		local server = {listen = "0.0.0.0:" .. c.port}
		for k, v in pairs(c.server) do server[k] = v end
		c.server = server
	end
	c.commit, c.disk, c.port = nil, nil, nil
	return start_chat(self, settings(c), commit, disk)
end

-- Sends a line.
function socket_methods:say(text)
	return self:send(text .. "\r\n")
end

-- Waits for the next message of the server: m.command, m.source, its parameters m[1], m[2] ..., m:tag "msgid".
-- Answers PING.
local read_message = socket_methods.read_message
socket_methods.read_message = nil
function socket_methods:message()
	while true do
		local m, err = read_message(self)
		if not m then return nil, err end
		if m.command ~= "PING" then return m end
		self:say("PONG :" .. m[1])
	end
end

-- Connects, registers as nick with these capabilities, and waits for the welcome; nil and why it did not come.
function host_methods:irc(address, port, nick, capabilities)
	local s, err = self:connect(address, port)
	if not s then return nil, err end
	local ask, done = "", ""
	if capabilities then ask, done = "CAP REQ :" .. capabilities .. "\r\n", "CAP END\r\n" end
	s:send(raw_format("%sNICK %s\r\nUSER %s 0 * :%s\r\n%s", ask, nick, nick, nick, done))
	repeat
		local m, why = s:message()
		if not m then return nil, why end
		if m.command == "ERROR" or m.command == "433" then return nil, m[#m] end
	until m.command == "001"
	return s
end

-- --- expectations ----------------------------------------------------------------------------------

-- Holds if both are equal, else shows them.
function expect_equal(got, want, what)
	expect(got == want, raw_format("%s: %s, not %s", what or "not equal", tostring(got), tostring(want)))
end

-- Holds if got is within tolerance of want. A kernel is late: its timers by up to an eighth.
function expect_near(got, want, tolerance, what)
	local early, late = tolerance, tolerance
	if is_real then early, late = tolerance + 0.01, tolerance + 0.05 + math.abs(want) / 8 end
	expect(raw_type(got) == "number" and got >= want - early and got <= want + late,
		raw_format("%s: %s, not %s within %s", what or "not near", tostring(got), tostring(want), tostring(tolerance)))
end
