title "Bufferbloat: CUBIC and BBR, each in front of a long queue and of CoDel"
story [[
A loss-based congestion control fills whatever queue it finds. With a thousand packets in front of a link of 5 Mbit/s a ping takes seconds while
a download runs. CoDel drops early enough that the queue stays short, at the same throughput. BBR measures the rate of the path and sends at that
rate, so it does not need a full queue to slow down, nor a router that helps.]]

local seconds = 15

local function measure(cc, codel)
	local client, server = host "client", host "server"
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
	wire:set({ rate = "5mbit", limit = 1000, codel = codel }, server)
	server:sysctl("net.ipv4.tcp_congestion_control", cc)
	local result = { worst = 0, sum = 0, n = 0, bytes = 0, name = cc .. (codel and ", CoDel" or ", tail drop") }
	server:run(function()
		local listener = server:listen(80)
		local bulk, echo = listener:accept(), listener:accept()
		bulk:setsockopt("SO_SNDBUF", 4000000)
		bulk:watch()
		server:run(function() while bulk:send(("x"):rep(100000)) do end end)
		while true do
			local data = echo:recv(1)
			if not data or data == "" then return end
			echo:send(data)
		end
	end)
	client:run(function()
		local bulk, echo = client:connect("10.0.0.2", 80), client:connect("10.0.0.2", 80)
		client:run(function()
			while now() < seconds do result.bytes = result.bytes + #bulk:recv(100000) end
			bulk:close()
		end)
		sleep(5)
		while now() < seconds do
			local begun = now()
			echo:send "?"
			if echo:recv(1) == "" then return end
			local took = now() - begun
			result.worst, result.sum, result.n = math.max(result.worst, took), result.sum + took, result.n + 1
			sleep(0.2)
		end
		echo:close()
	end)
	return result
end

local rows = { measure("cubic", false), measure("cubic", true), measure("bbr", false), measure("bbr", true) }
sleep(25)
print("                   ping in ms: mean  worst   Mbit/s")
for _, r in ipairs(rows) do
	r.mean, r.mbit = r.sum / r.n, r.bytes * 8 / seconds / 1e6
	print(string.format("%-17s  %16.0f  %5.0f  %7.1f", r.name, r.mean * 1e3, r.worst * 1e3, r.mbit))
end
local long, short, bbr = rows[1], rows[2], rows[3]
expect(long.worst > 0.5, "CUBIC, tail drop: " .. long.worst)
expect(short.mean < long.mean / 10, "CUBIC, CoDel: " .. short.mean)
expect(short.bytes > 0.85 * long.bytes, "and as much gets through: " .. short.bytes .. " of " .. long.bytes)
expect(bbr.mean < long.mean / 5, "BBR, tail drop: " .. bbr.mean)
expect(bbr.bytes > 0.85 * long.bytes, "and as much gets through: " .. bbr.bytes .. " of " .. long.bytes)
