title "A SYN flood against honest clients: SYN cookies off, when needed, always"
story [[
A flood of SYNs from addresses that never answer fills the SYN queue. Without SYN cookies (0) honest clients are turned away with the rest: a
few get in, after retransmissions. With 1 the server answers statelessly once the queue is full, with 2 always, and honest clients connect as
usual.]]

local function siege(cookies)
	local net, server, attacker = lan "net", host "server", flooder { "attacker" }
	net:join(server, "10.0.0.1/8", { delay = "5ms" })
	net:join(attacker, "", { rate = "100mbit", limit = 10000 }, {})
	server:sysctl("net.ipv4.tcp_syncookies", cookies)
	server:sysctl("net.ipv4.tcp_max_syn_backlog", 256)
	local result = { ok = 0, sum = 0, slowest = 0, server = server }
	server:run(function()
		local listener = server:listen(80, 256)
		while true do listener:accept() end
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
				local took = now() - begun
				result.ok, result.sum, result.slowest = result.ok + 1, result.sum + took, math.max(result.slowest, took)
			end
		end)
	end
	result.stop = function() attacker:stop() end
	return result
end

local rows = { siege(0), siege(1), siege(2) }
sleep(12)
print("tcp_syncookies  let in  mean ms  slowest ms  cookies sent")
for i, r in ipairs(rows) do
	r.stop()
	r.sent = r.server:counter "TcpExtSyncookiesSent"
	print(string.format("%14d  %3d %%  %7s  %10s  %12d", i - 1, 2 * r.ok, r.ok > 0 and string.format("%.0f", 1e3 * r.sum / r.ok) or "-",
		r.ok > 0 and string.format("%.0f", 1e3 * r.slowest) or "-", r.sent))
end
local off, needed, always = rows[1], rows[2], rows[3]
expect(off.ok < 25, "without cookies few get in: " .. off.ok .. " of 50")
expect_equal(off.sent, 0)
for _, r in ipairs { needed, always } do
	expect_equal(r.ok, 50, "with cookies all do")
	expect(r.slowest < 0.1, "without delay: " .. r.slowest)
end
expect(always.sent > needed.sent, "with 2 each SYN gets one: " .. always.sent .. ", " .. needed.sent)
