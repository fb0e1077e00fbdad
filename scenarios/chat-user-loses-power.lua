title "Chat: a phone loses power; when do the others see the QUIT?"
story [[
A phone that loses power sends nothing. The server can detect that in three ways: TCP keepalive while the connection is idle; data that is not
acknowledged (TCP_USER_TIMEOUT); or an IRC PING without an answer. The first to expire decides. Each row is a setting of [net], in a silent
channel and in one where users talk. Seconds count from the phone's last segment.]]

local ping_only = { keepalive_idle = 0, user_timeout = 0 }
local settings = {
	{ "defaults: keepalive 60 s + 3 x 5 s, user_timeout 75 s", {}, quiet = 75, busy = 75 },
	{ "PING only: 2 min + 1 min", ping_only, quiet = 180, busy = 180 },
	{ "PING only: 30 s + 15 s", { keepalive_idle = 0, user_timeout = 0, ping_interval = "30s", ping_timeout = "15s" }, quiet = 45, busy = 45 },
	{ "keepalive 20 s + 2 x 5 s, user_timeout 30 s", { keepalive_idle = "20s", keepalive_count = 2, user_timeout = "30s" }, quiet = 30, busy = 30 },
	{ "keepalive 60 s + 3 x 5 s, user_timeout of the kernel", { user_timeout = 0 }, quiet = 75, busy = 180 },
}
local TALK = 5 -- seconds between two messages in a busy channel
local last_word = 400.5
duration(1000)

-- Seconds from the phone's last word to the QUIT that its friend reads, and its reason.
local function watch(setting, busy, result)
	local server, phone, friend = host "server", host "phone", host "friend"
	local net = lan "net"
	net:join(server, "10.0.0.1/24", { delay = "5ms" })
	net:join(phone, "10.0.0.2/24", { delay = "40ms" })
	net:join(friend, "10.0.0.3/24", { delay = "10ms" })
	server:chat { port = 6667, net = setting[2] }
	friend:run(function()
		local s = friend:irc("10.0.0.1", 6667, "friend")
		s:say "JOIN #c"
		if busy then
			friend:run(function() while not result.seconds do s:say "PRIVMSG #c :hello" sleep(TALK) end end)
		end
		local m
		repeat m = s:message() until m.command == "QUIT"
		result.seconds, result.reason = now() - last_word, m[1]
		s:close()
		server:power_off()
	end)
	phone:run(function()
		sleep(1)
		local s = phone:irc("10.0.0.1", 6667, "phone")
		s:say "JOIN #c"
		phone:run(function() while s:message() do end end)
		sleep(last_word - now())
		s:say "PRIVMSG #c :bye"
		sleep "100ms"
		phone:power_off()
	end)
end

for _, setting in ipairs(settings) do
	setting.results = { quiet = {}, busy = {} }
	watch(setting, false, setting.results.quiet)
	watch(setting, true, setting.results.busy)
end

at(999, function()
	print "quiet channel  busy channel"
	for _, setting in ipairs(settings) do
		local quiet, busy = setting.results.quiet, setting.results.busy
		expect_near(quiet.seconds, setting.quiet, 2, setting[1] .. ", quiet")
		expect_near(busy.seconds, setting.busy, TALK + 2, setting[1] .. ", busy")
		print(string.format("%10.1f s  %10.1f s  %s", quiet.seconds, busy.seconds, setting[1]))
	end
	expect_equal(settings[1].results.quiet.reason, settings[4].results.busy.reason)
	expect(settings[2].results.quiet.reason:find "Ping timeout", settings[2].results.quiet.reason)
end)
