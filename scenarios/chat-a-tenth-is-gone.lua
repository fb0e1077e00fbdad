title "Chat: a tenth of all idle users vanishes; how long until the server has noticed?"
story [[
A radio cell fails, and a tenth of the users with it, without a word. Each server has many idle connections and one setting of [net]; the
table has when the first, the middle and the last of the lost ones are announced, and the cost of probing: packets per hour for 1,000 idle
users who are still there. TCP's keepalive counts from the last segment of a connection. It does not probe while data is unacknowledged, and
the QUIT of the first is such data for the others in the channel: from then on TCP_USER_TIMEOUT applies, so the last can take up to the sum
of both.]]

local users = param("users", 100) -- of each server
local cells, lost = 10, 1
local settings = {
	{ "defaults: keepalive 60 s + 3 x 5 s", {}, last = 75 + 75 },
	{ "keepalive 5 min + 3 x 5 s, PING 10 min + 1 min",
		{ keepalive_idle = "5m", user_timeout = 0, ping_interval = "10m" }, last = 660 },
	{ "PING only: 2 min + 1 min", { keepalive_idle = 0, user_timeout = 0 }, last = 180 },
	{ "PING only: 30 s + 15 s",
		{ keepalive_idle = 0, user_timeout = 0, ping_interval = "30s", ping_timeout = "15s" }, last = 45 },
}
local fails_at = 2000
duration(3000)

local function serve(number, setting)
	local server, watcher, net = host("server" .. number), host("watcher" .. number), lan("net" .. number)
	local per_cell = users // cells
	setting.noticed = {}
	net:join(server, "10.0.0.1/16", { delay = "5ms" })
	net:join(watcher, "10.0.0.2/16", { delay = "5ms" })
	server:chat { port = 6667, net = setting[2], limits = { per_address = 0, connect_rate = 0 } }
	watcher:run(function()
		local s = watcher:irc("10.0.0.1", 6667, "watcher")
		for u = 1, per_cell do s:say("JOIN #" .. u) end
		repeat
			local m = s:message()
			if m.command == "QUIT" then table.insert(setting.noticed, now() - fails_at) end
		until #setting.noticed == lost * per_cell
		server:power_off()
	end)
	for c = 1, cells do
		local cell = host("cell" .. number .. "-" .. c)
		net:join(cell, "10.0.1." .. c .. "/16", { delay = "40ms", jitter = "10ms" })
		for u = 1, per_cell do
			after(1 + random() * 600, function()
				cell:run(function()
					local s = cell:irc("10.0.0.1", 6667, "u" .. c .. "-" .. u)
					s:say("JOIN #" .. u)
					while s:message() do end
				end)
			end)
		end
		if c <= lost then at(fails_at, function() cell:power_off() end) end
	end
	local before
	at(fails_at - 1200, function() before = server:counter "TcpInSegs" + server:counter "TcpOutSegs" end)
	at(fails_at, function()
		local packets = server:counter "TcpInSegs" + server:counter "TcpOutSegs" - before
		setting.cost = packets * 3600 / 1200 * 1000 / users
	end)
end

for number, setting in ipairs(settings) do serve(number, setting) end

at(2999, function()
	print(" first  middle    last  packets an hour")
	for _, setting in ipairs(settings) do
		local n = setting.noticed
		expect_equal(#n, users // cells * lost, setting[1])
		expect(n[#n] <= setting.last + 2, setting[1] .. ": the last after " .. n[#n])
		print(string.format("%4.0f s  %4.0f s  %4.0f s  %15.0f  %s", n[1], n[#n // 2], n[#n], setting.cost, setting[1]))
	end
	expect(settings[4].cost > 2 * settings[1].cost, "a PING costs more than a probe")
end)
