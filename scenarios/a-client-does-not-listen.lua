title "A client does not listen on its port"
story [[
Books say that the client "listens" on port 34698. Its port is an ephemeral one, chosen from ip_local_port_range for this connection. A SYN
to that port from anyone else is refused, while the connection goes on; and the same port serves connections to other servers at the same
time.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
client:sysctl("net.ipv4.ip_local_port_range", "34698 34698")
server:listen(80)
server:listen(81)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	local address, port = s:getsockname()
	expect_equal(port, 34698, "the port that the system chose")
	expect_equal(#client:ss { state = "LISTEN" }, 0, "listening sockets of the client")
	local back, err = server:connect("10.0.0.1", 34698)
	expect_equal(err, "ECONNREFUSED", "connect() to the client's port")
	address, port = client:connect("10.0.0.2", 81):getsockname()
	expect_equal(port, 34698, "the same port, to another service")
	back, err = client:connect("10.0.0.2", 80)
	expect_equal(err, "EADDRNOTAVAIL", "and once more to the first")
end)
