title "Chat under all faults at once: no receipted message is lost or duplicated"
story [[
Many clients on links that are lossy, slow, reordering, cut, or behind a NAT, and on phones that lose power. In the middle the server is
killed, and later its host loses power. Each client asks for the echo of what it says (echo-message), which is its receipt: sent only when the
message is on the disk. A client that reconnects fetches missed messages with CHATHISTORY, checks which of its own messages have arrived, and
resends the others. At the end every member of a channel has every receipted message exactly once, and those of each sender in order.]]

local clients = param("clients", 200)
local each = param("messages", 4)             -- said by each client
local members = param("members", 20)          -- of a channel
local talk_begins, talk_ends, audit_begins = 10, 70, 110
local capabilities = "batch draft/chathistory echo-message labeled-response message-tags server-time"
local page = 100
duration(200)

-- --- the server, which dies twice -------------------------------------------------------------------

local server = host "server"
local function start()
	return server:chat { port = 6667, commit = "5ms",
		limits = { clients = clients + 100, channels = clients, per_address = 0, connect_rate = 0, flood_rate = 0 },
		history = { page = page } }
end
start()
at(30, function() server:crash() sleep "2s" start() end)
at(50, function() server:power_off() sleep "3s" server:reboot() start() end)

-- --- the network ------------------------------------------------------------------------------------

local net = lan "net"
net:join(server, "10.0.0.1/8", { delay = "1ms" })

local roads = {
	{ delay = "10ms" },
	{ delay = "30ms", jitter = "10ms" },
	{ delay = "20ms", loss = "5%" },
	{ delay = "40ms", reorder = "10%" },
	{ delay = "50ms", rate = "256kbit" },
	{ delay = "300ms", jitter = "50ms", loss = "1%" },
	{ delay = "20ms", duplicate = "2%" },
	{ delay = "15ms" }, -- through a NAT
	{ delay = "15ms" }, -- cut for a while
	{ delay = "60ms" }, -- a phone that loses power
}
local NAT, CUT, PHONE = 8, 9, 10

-- Forty to a NAT, each with a LAN behind it.
local nats, behind_nats = {}, 0
local function join_behind_nat(h)
	local n = behind_nats // 40 + 1
	if not nats[n] then
		local box, inside = nat { public = "10.9.0." .. n }, lan("inside" .. n)
		net:join(box, "outside", { delay = "5ms" }, "10.9.0." .. n .. "/32")
		inside:join(box, "inside", {}, "default")
		nats[n] = inside
	end
	nats[n]:join(h, "192.168.0." .. behind_nats % 40 + 10 .. "/24", roads[NAT])
	h:route "0.0.0.0/0"
	behind_nats = behind_nats + 1
end

-- --- a client ---------------------------------------------------------------------------------------

local all, over = {}, false
local order_broken, doubled_live = 0, 0

-- A message, live or from the history; text is "SENDER NUMBER".
local function take(me, m, live, newest)
	local id, text = m:tag "msgid", m[2]
	local sender, number = text:match "^(%d+) (%d+)$"
	sender, number = tonumber(sender), tonumber(number)
	if live then
		if newest.ids[id] then doubled_live = doubled_live + 1 end
		if newest[sender] and newest[sender] >= number then order_broken = order_broken + 1 end
		newest.ids[id], newest[sender] = true, number
	end
	if sender == me.number then me.said[number].receipt = id end
	me.seen[id] = true
end

-- Says what has no receipt; what was on the way when the connection ended, again.
local function say(me, s)
	for _, message in ipairs(me.said) do
		if not message.receipt and message.on ~= s then
			message.on = s
			s:say("@label=" .. message.number .. " PRIVMSG " .. me.channel .. " :" .. me.number .. " " .. message.number)
		end
	end
end

local function ask_for_history(me, s)
	s:say("CHATHISTORY AFTER " .. me.channel .. " " .. (me.last and "msgid=" .. me.last or "timestamp=2026-01-01T00:00:00.000Z") .. " " .. page)
end

-- One connection, until it ends.
local function session(me, s)
	local newest, rows = { ids = {} }, 0
	s:setsockopt("SO_RCVTIMEO", 45)
	s:say("JOIN " .. me.channel)
	ask_for_history(me, s)
	while not over do
		local m = s:message()
		if not m then break end
		if m.command == "PRIVMSG" then
			local past = m:tag "batch" ~= nil
			take(me, m, not past, newest)
			if past then rows = rows + 1 end
			if past or me.live then me.last = m:tag "msgid" end
		elseif m.command == "BATCH" and m[1]:sub(1, 1) == "-" then
			if rows >= page then
				rows = 0
				ask_for_history(me, s)
			else
				me.live = s
				say(me, s)
			end
		end
	end
	me.live = nil
end

local function run(me)
	me.host:run(function() -- reads
		while not over do
			me.connections = me.connections + 1
			local s = me.host:irc("10.0.0.1", 6667, "u" .. me.number .. "-" .. me.connections, capabilities)
			if s then
				me.socket = s
				session(me, s)
				me.socket = nil
				s:setsockopt("SO_LINGER", { 1, 0 })
				s:close()
			end
			sleep(1 + random() * 5)
		end
	end)
	me.host:run(function() -- talks, and asks whether the server is there
		while not over do
			local next = me.plan[#me.said + 1]
			sleep(math.max(0.001, math.min(next or math.huge, now() + 20) - now()))
			if next and now() >= next then me.said[#me.said + 1] = { number = #me.said + 1 } end
			if me.live then say(me, me.live) end
			if me.socket then me.socket:say "PING x" end
		end
	end)
end

for i = 1, clients do
	local kind, h = i % #roads + 1, host("c" .. i)
	local me = { number = i, host = h, channel = "#" .. i % (clients // members), said = {}, seen = {}, plan = {}, connections = 0 }
	local road
	for n = 1, each do me.plan[n] = talk_begins + random() * (talk_ends - talk_begins) end
	table.sort(me.plan)
	if kind == NAT then
		join_behind_nat(h)
	else
		road = net:join(h, string.format("10.1.%d.%d/8", i // 200, i % 200 + 1), roads[kind])
	end
	all[i] = me
	after(random() * 8, function() run(me) end)
	if kind == CUT then
		at(15 + random() * 40, function() road:cut() sleep(5 + random() * 25) road:heal() end)
	elseif kind == PHONE then
		at(15 + random() * 40, function()
			h:power_off()
			me.socket, me.live = nil, nil
			sleep(5 + random() * 20)
			h:reboot()
			run(me)
		end)
	end
end

-- --- the audit --------------------------------------------------------------------------------------

-- What the server has of a channel: all messages in their order.
local function history(s, channel)
	local log, from = {}, "timestamp=2026-01-01T00:00:00.000Z"
	repeat
		local before = #log
		s:say("CHATHISTORY AFTER " .. channel .. " " .. from .. " " .. page)
		repeat
			local m = s:message()
			if m.command == "PRIVMSG" and m:tag "batch" then log[#log + 1] = { id = m:tag "msgid", text = m[2] } end
		until m.command == "BATCH" and m[1]:sub(1, 1) == "-"
		if #log > 0 then from = "msgid=" .. log[#log].id end
	until #log - before < page
	return log
end

local auditor = host "auditor"
net:join(auditor, "10.0.0.2/8", { delay = "1ms" })
auditor:run(function()
	local receipts, kept, twice, disorder, lost, missed, connections = 0, 0, 0, 0, 0, 0, 0
	sleep(audit_begins)
	local s = auditor:irc("10.0.0.1", 6667, "auditor", capabilities)
	for c = 0, clients // members - 1 do
		local ids, texts, last = {}, {}, {}
		s:say("JOIN #" .. c)
		local log = history(s, "#" .. c)
		for _, message in ipairs(log) do
			local sender, number = message.text:match "^(%d+) (%d+)$"
			sender, number = tonumber(sender), tonumber(number)
			if texts[message.text] then twice = twice + 1 end
			if last[sender] and last[sender] >= number then disorder = disorder + 1 end
			ids[message.id], texts[message.text], last[sender] = true, true, number
			kept = kept + 1
		end
		for i = c == 0 and clients // members or c, clients, clients // members do
			for _, message in ipairs(all[i].said) do
				if message.receipt then
					receipts = receipts + 1
					if not ids[message.receipt] then lost = lost + 1 end
				end
			end
			for _, message in ipairs(log) do
				if not all[i].seen[message.id] then missed = missed + 1 end
			end
		end
	end
	over = true
	for _, me in ipairs(all) do connections = connections + me.connections end
	print(string.format("%d clients, %d connections, %d messages kept, %d receipts", clients, connections, kept, receipts))
	expect_equal(receipts, clients * each, "messages with a receipt")
	expect_equal(lost, 0, "receipted messages that are not in the history")
	expect_equal(missed, 0, "messages that a member has not seen")
	expect_equal(twice, 0, "messages that are in the history twice")
	expect_equal(doubled_live, 0, "messages that came twice on one connection")
	expect_equal(disorder, 0, "messages of a sender out of order in the history")
	expect_equal(order_broken, 0, "messages of a sender that came out of order")
end)
