title "A SYN proxy: the server sees only clients that have answered"
story [[
The proxy answers every SYN with a cookie, as netfilter's SYNPROXY does, and opens the connection to the server only when the cookie comes back. A
flood never reaches the server. The cost: the proxy translates sequence numbers for as long as the connection lasts, must know the server's
options beforehand, answers for ports on which nothing listens, and when it restarts, all connections through it are dead.]]

local net, server, box, attacker = lan "net", host "server", synproxy { "box" }, flooder { "attacker" }
link { server, "10.0.0.1/8", box, "inside", delay = "1ms" }
net:join(box, "outside", nil, "10.0.0.1")
net:join(attacker, "", { rate = "100mbit", limit = 10000 }, {})
server:sysctl("net.ipv4.tcp_syncookies", 0)

local accepted, ok, slowest, echoed = 0, 0, 0, 0
server:run(function()
	local listener = server:listen(80, 16)
	while true do
		local c = listener:accept()
		accepted = accepted + 1
		server:run(function() c:send(c:recv(100)) end)
	end
end)
attacker:start { to = "10.0.0.1", port = 80, flags = "S", rate = 5000, from = "10.9.0.0", sources = 65536 }
for i = 1, 50 do
	local honest = host("honest" .. i)
	net:join(honest, "10.1.0." .. i .. "/8", { delay = "10ms" })
	honest:run(function()
		sleep(1 + random())
		local begun = now()
		local s = honest:connect("10.0.0.1", 80)
		ok, slowest = ok + 1, math.max(slowest, now() - begun)
		s:send "hello"
		if s:recv(100) == "hello" then echoed = echoed + 1 end
	end)
end
sleep(5)
attacker:stop()
local c = box:counted()
print(string.format("%d SYNs at the box, %d at the server", c.syn_received, server:counter "TcpPassiveOpens"))
expect_equal(ok, 50, "honest clients let in")
expect_equal(echoed, 50, "and answered by the server")
expect(slowest < 0.025, "seconds for the slowest: " .. slowest)
expect(c.syn_received > 20000, "SYNs at the box: " .. c.syn_received)
expect_equal(c.cookie_valid, 50, "cookies that came back")
expect_equal(server:counter "TcpPassiveOpens", 50, "connections that the server was asked for")
expect_equal(server:counter "TcpExtListenDrops", 0, "and nothing is dropped there, though its queue holds 17")

local late = host "late"
net:join(late, "10.2.0.1/8", { delay = "10ms" })
late:run(function()
	local s = late:connect("10.0.0.1", 81)
	expect(s, "a port on which nothing listens: connect() succeeds all the same")
	local data, err = s:recv(1)
	expect_equal(err, "ECONNRESET", "and the reset comes afterwards")
end)
