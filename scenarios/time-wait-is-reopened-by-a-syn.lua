title "A connection in TIME-WAIT can be opened again"
story [[
Books say that addresses and ports of a connection in TIME-WAIT cannot be used again for two minutes. A SYN with a newer timestamp, or a
sequence number above the last, opens it at once: the peer that did not close first may reconnect from the same port. On the side that
holds TIME-WAIT, tcp_tw_reuse lets connect() take such a port after a second (2, the default: only on the loopback).]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
local listener = server:listen(80)

server:run(function()
	for i = 1, 2 do
		local c = listener:accept()
		c:close() -- the server closes first
	end
	sleep(100)
end)

client:run(function()
	local function connect()
		local s = client:socket()
		s:setsockopt("SO_REUSEADDR", 1)
		s:bind("0.0.0.0", 5000)
		local begun = now()
		expect(s:connect("10.0.0.2", 80), "connect() from port 5000")
		expect_near(now() - begun, 0.002, 0.0001, "without delay")
		expect_equal(s:recv(1), "", "closed by the server")
		s:close()
		sleep(0.5)
	end
	connect()
	expect_equal(#server:ss { state = "TIME-WAIT" }, 1, "in TIME-WAIT at the server")
	connect()
	expect_equal(#server:ss { state = "TIME-WAIT" }, 1, "in TIME-WAIT after the second")
	expect_equal(server:counter "TcpPassiveOpens", 2)
	expect_equal(server:counter "TcpExtTWRecycled", 0)
	expect_equal(client:sysctl "net.ipv4.tcp_tw_reuse", 2, "default of tcp_tw_reuse")
end)
