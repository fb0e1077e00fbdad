title "Chat: a slow reader is cut, and no other user waits for it"
story [[
In a busy channel one reader stops reading. TCP takes what its two buffers hold, then the server queues, up to limits.sendq; at one byte more it
cuts the connection, and the others see why: QUIT, "SendQ exceeded". The server's memory stays bounded, and the others have every line as soon
as before: a line is queued by reference, and no send waits. The table has how long a reader may sleep in a channel of 20 kB a second.]]

local settings = { { sendq = "64k" }, { sendq = "256k" }, { sendq = "1M" } }
local line = 400 -- bytes of a message as the others get it, about
local stops_at = 10
duration(200)

local function run(setting)
	local server, net = host "server", lan "net"
	net:join(server, "10.0.0.1/8", { delay = "5ms" })
	local chat = server:chat { port = 6667, limits = { sendq = setting.sendq, flood_rate = 0 } }
	local function member(name, number)
		local h = host(name)
		net:join(h, "10.0.0." .. number .. "/8", { delay = "15ms" })
		return h, function()
			local s = h:irc("10.0.0.1", 6667, name)
			s:setsockopt("TCP_NODELAY", 1)
			s:say "JOIN #c"
			return s
		end
	end

	setting.late, setting.said = 0, 0
	local talker, join = member("talker", 2)
	talker:run(function()
		local s = join()
		talker:run(function() while s:message() do end end)
		sleep(2)
		while not setting.cut or now() < setting.cut + stops_at + 20 do
			for _ = 1, 5 do
				s:say(string.format("PRIVMSG #c :%.6f %s", now(), ("x"):rep(line - 50)))
				setting.said = setting.said + 1
			end
			sleep "100ms"
		end
	end)
	for i = 1, 10 do
		local h, enter = member("reader" .. i, 10 + i)
		h:run(function()
			local s, got = enter(), 0
			while true do
				local m = s:message()
				if m.command == "PRIVMSG" then
					setting.late = math.max(setting.late, now() - tonumber(m[2]:match "^[%d.]+"))
					got = got + 1
					if i == 1 then setting.got = got end
				elseif m.command == "QUIT" then
					setting.cut, setting.why = now() - stops_at, m[1]
					setting.counted = chat:counter "sendq-exceeded"
				end
			end
		end)
	end
	local sleeper, doze = member("sleeper", 3)
	sleeper:run(function()
		local s = doze()
		repeat s:message() until now() > stops_at
		sleep(190)
	end)
end

for _, setting in ipairs(settings) do run(setting) end

at(199, function()
	print "sendq  cut after  largest delay of the others"
	for i, setting in ipairs(settings) do
		print(string.format("%5s  %7.1f s  %.0f ms", setting.sendq, setting.cut, setting.late * 1000))
		expect_equal(setting.why, "SendQ exceeded", "why")
		expect_equal(setting.counted, 1, "readers that were cut")
		expect_equal(setting.got, setting.said, "messages of a reader that reads")
		expect_near(setting.late, 0.04, 0.001, "delay of the others: that of the links")
		if i > 1 then
			expect(setting.cut > settings[i - 1].cut, "a longer queue, a longer sleep")
		end
	end
end)
