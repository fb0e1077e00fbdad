title "The wall clock is set back an hour: TCP does not notice"
story [[
An administrator, or NTP, sets the clock of a host back by an hour while data flows, then forward by a day. Retransmission timers, keepalive and
timestamps use a monotonic clock, so no segment is sent earlier or later. A program that measures with the time of day is wrong by an hour:
timeouts should use CLOCK_MONOTONIC.]]

local function run(steps)
	local client, server = host "client", host "server"
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms", rate = "2mbit" }
	local result = { log = {} }
	wire:filter(function(p)
		if now() - result.began > 290 then return end
		result.log[#result.log + 1] = string.format("%.6f %s %s %s", now() - result.began, p.from, p.flags, p.len)
		if p.from == "server" and p.n % 40 == 0 then return "drop" end
	end)
	result.began = now()
	server:run(function()
		local c = server:listen(80):accept()
		c:keepalive(60, 5, 3)
		c:send(("x"):rep(500000))
		c:recv(1)
	end)
	client:run(function()
		local s = client:connect("10.0.0.2", 80)
		local clock, timer = client:clock(), now()
		if steps then
			after(1, function()
				for _, h in ipairs { client, server } do h:set_clock(h:clock() - 3600) end
			end)
		end
		result.bytes = #s:recv_all(500000)
		result.by_clock, result.by_timer = client:clock() - clock, now() - timer
		if steps then
			for _, h in ipairs { client, server } do h:set_clock(h:clock() + 86400) end
		end
		sleep(200)
		s:close()
	end)
	return result
end

local plain = run(false)
sleep(300)
local stepped = run(true)
sleep(300)
expect_equal(stepped.bytes, 500000, "bytes")
expect_equal(#stepped.log, #plain.log, "packets")
expect_near(stepped.by_timer, plain.by_timer, 1e-6, "seconds by CLOCK_MONOTONIC")
expect_near(stepped.by_clock, plain.by_timer - 3600, 1e-6, "seconds by CLOCK_REALTIME")
expect_equal(table.concat(stepped.log, "\n"), table.concat(plain.log, "\n"), "every packet at its time")
print(string.format("%d packets at the same times; by the wall clock the download took %.1f s", #plain.log, stepped.by_clock))
