-- The byte at a position of what an end sends; neighbours differ.
local function byte(from, at)
	local v = (at * 2654435761 & 0xffffffff) ~ (from * 40503)
	return ((v ~ v >> 15) & 0xfe) | (at & 1)
end
local function stream(from, at, n)
	local bytes = {}
	for i = 1, n do bytes[i] = string.char(byte(from, at + i - 1)) end
	return table.concat(bytes)
end

-- A writer and a reader that wait by epoll have a set each.
local events = { ["in"] = { "EPOLLIN", "EPOLLRDHUP" }, out = { "EPOLLOUT" } }
local modes = { level = {}, edge = { "EPOLLET" }, oneshot = { "EPOLLONESHOT" } }
local function wait(e, s, what)
	if e.how == "poll" then return s:poll(what == "in" and 0x2001 or 4) end
	local set, mode = e[what], modes[e.how][1]
	local on = { table.unpack(events[what]) }
	on[#on + 1] = mode
	if not set then
		e[what] = e.host:epoll_create()
		e[what]:ctl("EPOLL_CTL_ADD", s, table.unpack(on))
	elseif e.how == "oneshot" then
		set:ctl("EPOLL_CTL_MOD", s, table.unpack(on))
	end
	e[what]:wait()
end
local function try(e, s, what, call, ...)
	if not e.how then return call(s, ...) end
	local with = { ... }
	with[#with + 1] = "MSG_DONTWAIT"
	while true do
		local result, err = call(s, table.unpack(with))
		if result or err ~= "EAGAIN" then return result, err end
		wait(e, s, what)
		if e.open == 0 then return nil, "EBADF" end
	end
end
local function stop(e, s)
	for what in pairs(events) do if e[what] then e[what]:close() end end
	s:close()
end

-- What each end has sent and read; `open` counts its writer and its reader.
local ends = {}
local function new_end(from, peer, host, how)
	ends[from] = { from = from, peer = peer, host = host, how = how, sent = 0, received = 0, urgent = {}, open = 2 }
end

-- Actions: false ends a writer or a reader.
local function pause(t) sleep(t) return true end
local function failed(e, err)
	if e.open > 0 then e.error = e.error or err end
	return false
end
local function send(e, s, n, ...)
	repeat
		if e.open == 0 then return false end
		local part = math.min(n, 65536)
		e.offered = e.sent + part
		local done, err = try(e, s, "out", s.send, stream(e.from, e.sent, part), ...)
		if not done then return failed(e, err) end
		e.sent, n = e.sent + done, n - done
	until n <= 0
	return true
end
-- MSG_FASTOPEN in place of connect(); where that is off, connect().
local function open_fast(e, s, n, address, port)
	local part = math.min(n, 65536)
	e.offered = part
	local done, err = s:sendto(stream(e.from, 0, part), address, port, "MSG_FASTOPEN")
	if not done and err == "EOPNOTSUPP" then return s:connect(address, port) end
	e.sent = done or 0
	return done and true, err
end
local function urgent(e, s)
	e.urgent[e.sent] = true
	return send(e, s, 1, "MSG_OOB")
end
local function compare(e, data)
	local from = ends[e.peer]
	local at = e.received
	for i = 1, #data do
		while byte(e.peer, at) ~= data:byte(i) and from.urgent[at] do at = at + 1 end
		if byte(e.peer, at) ~= data:byte(i) or at >= (from.offered or 0) then
			expect(false, "end " .. e.from .. ": byte " .. at .. " is not the one that was sent")
			break
		end
		at = at + 1
	end
	return at
end
local function recv(e, s, n, ...)
	while n > 0 do
		if e.open == 0 then return false end
		local data, err = try(e, s, "in", s.recv, math.min(n, 65536), ...)
		if not data then return failed(e, err) end
		if data == "" then e.eof = true return false end
		e.received, n = compare(e, data), n - #data
	end
	return true
end
local function peek(e, s, n)
	if e.open == 0 then return false end
	local data, err = s:recv(n, "MSG_PEEK", "MSG_DONTWAIT")
	if data then compare(e, data) return true end
	return err == "EAGAIN" or failed(e, err)
end
local function ask_urgent(e, s)
	if e.open > 0 then s:recv(1, "MSG_OOB") end
	return true
end
local function drain(e, s) while recv(e, s, 16384) do end end
local function quit(e, s, linger)
	if e.open == 0 then return false end
	if linger then s:setsockopt("SO_LINGER", { 1, linger }) end
	e.open, e.quit = 0, true
	stop(e, s)
	return false
end
local function done(e, s)
	e.open = e.open - 1
	if e.open == 0 then stop(e, s) end
end
local function finish(e, s)
	if e.fast_open and e.open > 0 then s:send "" end -- waits for the handshake
	if e.open > 0 and not e.error then e.shut = s:shutdown("wr") end
	if e.open > 0 then done(e, s) end
end

-- Flows of datagrams: the number of each is in front.
local function datagram(id, number, n)
	local bytes = { string.char(number >> 8), string.char(number & 0xff) }
	for at = 2, n - 1 do
		local v = (number * 251 + at + 1) * 2654435761 & 0xffffffff
		bytes[at + 1] = string.char((v ~ (id + 1) * 40503) >> 24)
	end
	return table.concat(bytes, "", 1, n)
end
local function receive(s, id, n)
	while true do
		local data, err = s:recv(65536)
		if data then
			local number = #data >= 2 and data:byte(1) << 8 | data:byte(2) or 0
			expect_equal(data, datagram(id, number, n), "flow " .. id .. ": datagram " .. number)
		elseif err ~= "ECONNREFUSED" then
			break
		end
	end
end
