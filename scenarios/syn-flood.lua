title "A SYN flood against an honest crowd, with SYN cookies off and on"
story [[
A flood of SYNs from addresses that never answer fills the queue of half-open connections. Without SYN cookies the honest are turned
away with the rest; with tcp_syncookies = 1 the server answers without remembering, and the honest get in as if nothing were the matter.]]

local function siege(cookies)
	local net, server, attacker = lan "net", host "server", flooder { "attacker" }
	net:join(server, "10.0.0.1/8", { delay = "5ms" })
	net:join(attacker, "", { rate = "100mbit", limit = 10000 }, {})
	server:sysctl("net.ipv4.tcp_syncookies", cookies)
	server:sysctl("net.ipv4.tcp_max_syn_backlog", 256)
	local result = { served = 0, slowest = 0 }
	server:run(function()
		local listener = server:listen(80, 256)
		while true do
			local c = listener:accept()
			result.served = result.served + 1
		end
	end)
	attacker:start { to = "10.0.0.1", port = 80, flags = "S", rate = 2000, from = "10.9.0.0", sources = 65536 }
	for i = 1, 50 do
		local honest = host("honest" .. i)
		net:join(honest, "10.1.0." .. i .. "/8", { delay = "10ms" })
		honest:run(function()
			sleep(1 + random())
			local begun = now()
			local s = honest:socket()
			s:setsockopt("TCP_USER_TIMEOUT", 5000)
			if s:connect("10.0.0.1", 80) then
				result.slowest = math.max(result.slowest, now() - begun)
				result.ok = (result.ok or 0) + 1
			end
		end)
	end
	result.stop = function() attacker:stop() end
	return result
end

local off, on = siege(0), siege(1)
sleep(12)
off.stop()
on.stop()
expect((off.ok or 0) < 25, "without cookies few get in: " .. (off.ok or 0) .. " of 50")
expect_equal(on.ok, 50, "with cookies all do")
expect(on.slowest < 0.1, "without delay: " .. on.slowest)
print(string.format("let in: %d of 50 without cookies, %d of 50 with", off.ok or 0, on.ok))
