title "Bufferbloat: a long queue in front of a slow link, with tail drop and with CoDel"
story [[
A loss-based congestion control fills whatever queue it finds. With a thousand packets in front of a link of 5 Mbit/s a ping takes
seconds while a download runs. CoDel drops early enough that the queue stays short, at the same throughput.]]

local function measure(codel)
	local client, server = host "client", host "server"
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
	wire:set({ rate = "5mbit", limit = 1000, codel = codel }, server)
	local result = { worst = 0, bytes = 0 }
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
			while now() < 20 do result.bytes = result.bytes + #bulk:recv(100000) end
			bulk:close()
		end)
		sleep(8)
		while now() < 20 do
			local begun = now()
			echo:send "?"
			if echo:recv(1) == "" then return end
			result.worst = math.max(result.worst, now() - begun)
			sleep(0.2)
		end
		echo:close()
	end)
	return result
end

local long, short = measure(false), measure(true)
sleep(25)
expect(long.worst > 0.5, "tail drop: " .. long.worst)
expect(short.worst < long.worst / 10, "CoDel: " .. short.worst)
expect(short.bytes > 0.85 * long.bytes, "and as much gets through: " .. short.bytes .. " of " .. long.bytes)
print(string.format("worst answer beside a download: tail drop %.0f ms, CoDel %.0f ms", long.worst * 1e3, short.worst * 1e3))
