title "A connection in TIME-WAIT can be opened again"
story [[
Books say that addresses and ports of a connection in TIME-WAIT cannot be used again for two minutes. A SYN with a newer timestamp, or a
sequence number above the last, opens it at once: the peer that did not close first may reconnect from the same port. For the side in
TIME-WAIT there is tcp_tw_reuse: with 1, connect() reuses such a port after a second; with 2, the default, only on loopback.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
client:sysctl("net.ipv4.ip_local_port_range", "5000 5000")
local listener = server:listen(80)
local server_closes_first = true

server:run(function()
	while true do
		local c = listener:accept()
		if not server_closes_first then c:recv(1) end
		c:close()
	end
end)

client:run(function()
	local function connect()
		local s, err = client:connect("10.0.0.2", 80)
		if not s then return err end
		if server_closes_first then s:recv(1) end
		s:close()
		sleep(0.5)
		return "connected"
	end
	expect_equal(connect(), "connected", "from port 5000")
	expect_equal(#server:ss { state = "TIME-WAIT" }, 1, "in TIME-WAIT at the server")
	server_closes_first = false
	expect_equal(connect(), "connected", "again, half a second later")
	expect_equal(#client:ss { state = "TIME-WAIT" }, 1, "this time at the client")

	expect_equal(connect(), "EADDRNOTAVAIL", "from the side that holds it")
	client:sysctl("net.ipv4.tcp_tw_reuse", 1)
	expect_equal(connect(), "EADDRNOTAVAIL", "with tcp_tw_reuse = 1 after half a second")
	sleep(0.6)
	expect_equal(connect(), "connected", "after a second")
	server:crash()
end)
