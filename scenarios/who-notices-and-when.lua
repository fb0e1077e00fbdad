title "Time until a dead peer is noticed, by socket option"
story [[
The peer loses power 10 s after its last segment, once while the connection is idle and once while data is on its way. Without anything an idle
connection is never noticed; data in flight gives up after tcp_retries2, about 15 minutes. Keepalive (60 s, 5 s, 3 probes) notices an idle peer 75 s
after its last segment. TCP_USER_TIMEOUT (20 s) bounds data in flight, and with keepalive an idle connection, too: 20 s after its last segment. A
heartbeat in the program, every 10 s with an answer within 5 s, notices both.]]

local function notice(options, in_flight, heartbeat)
	local client, server = host "client", host "server"
	local cable = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms" }
	local noticed
	client:run(function()
		local s = client:connect("10.0.0.2", 80)
		while true do
			local data = s:recv(100)
			if not data or data == "" then return end
			if data == "ping" then s:send "pong" end
		end
	end)
	server:run(function()
		local c = server:listen(80):accept()
		for name, value in pairs(options) do c:setsockopt(name, value) end
		local died = now() + 10
		after(10, function() client:power_off() end)
		if heartbeat then
			c:setsockopt("SO_RCVTIMEO", 5)
			repeat
				sleep(10)
				c:send "ping"
			until not c:recv(100)
		else
			sleep(10.1)
			if in_flight then c:send "data" end
			c:setsockopt("SO_RCVTIMEO", 7200)
			local _, err = c:recv(100)
			if err == "EAGAIN" then return end
		end
		noticed = now() - died
	end)
	return function() return noticed end
end

local keepalive = { SO_KEEPALIVE = 1, TCP_KEEPIDLE = 60, TCP_KEEPINTVL = 5, TCP_KEEPCNT = 3 }
local timeout = { TCP_USER_TIMEOUT = 20000 }
local both = { SO_KEEPALIVE = 1, TCP_KEEPIDLE = 10, TCP_KEEPINTVL = 5, TCP_KEEPCNT = 3, TCP_USER_TIMEOUT = 20000 }

local rows = {
	{ "nothing", {}, "never", "924-1000" },
	{ "keepalive 60/5/3", keepalive, "65", "924-1000" },
	{ "TCP_USER_TIMEOUT 20 s", timeout, "never", "20" },
	{ "both", both, "10", "20" },
	{ "heartbeat 10 s, 5 s", {}, "5-15", "5-15", true },
}
for _, row in ipairs(rows) do
	row.idle, row.data = notice(row[2], false, row[5]), notice(row[2], true, row[5])
end

local function check(got, want, what)
	local low, high = want:match "^(%d+)%-(%d+)$"
	if want == "never" then
		expect(got == nil, what .. ": noticed after " .. tostring(got))
	elseif low then
		expect(got and got >= tonumber(low) and got <= tonumber(high), what .. ": " .. tostring(got))
	else
		expect_near(got, tonumber(want), 2, what)
	end
end

sleep(7300)
print("                          idle    data in flight")
for _, row in ipairs(rows) do
	local idle, data = row.idle(), row.data()
	print(string.format("%-22s  %6s  %6s", row[1], idle and string.format("%.0f s", idle) or "never",
		data and string.format("%.0f s", data) or "never"))
	check(idle, row[3], row[1] .. ", idle")
	check(data, row[4], row[1] .. ", data in flight")
end
