title "Connection refused and host unreachable are different things"
story [[
Books say that RST means "unreachable". RST comes from the host itself: it is up and nothing listens (ECONNREFUSED), or it aborts a
connection (ECONNRESET). That a host or network cannot be reached is reported by a router, with ICMP: EHOSTUNREACH or ENETUNREACH. To an
established connection an ICMP error is only a hint; it keeps trying.]]

local client, router, server = host "client", host "router", host "server"
link { client, "10.0.0.2/24", router, "10.0.0.1/24", delay = "10ms" }
local far = link { router, "10.0.1.1/24", server, { "10.0.1.2/24", "10.0.9.2/24" }, delay = "10ms" }
client:route("0.0.0.0/0", "10.0.0.1")
server:route("0.0.0.0/0", "10.0.1.1") -- Linux would forget it with the last address of the interface
router:sysctl("net.ipv4.ip_forward", 1)

server:run(function()
	local c = server:listen(80):accept()
	expect_equal(c:recv(100), "after all")
end)

client:run(function()
	local s, err = client:connect("10.0.1.2", 81)
	expect_equal(err, "ECONNREFUSED", "a port on which nothing listens")
	s, err = client:connect("203.0.113.1", 80)
	expect_equal(err, "ENETUNREACH", "a network without a route")
	s = client:connect("10.0.1.2", 80)
	sleep(0.1)
	server:no_address "10.0.1.2/24"
	router:no_address("10.0.1.1/24", 2) -- it has no way there any more
	s:send "after all"
	sleep(5)
	expect(router:counter "IcmpOutDestUnreachs" > 0, "the router says so")
	expect_equal(s:getsockopt "TCP_INFO".state, 1, "and the connection is ESTABLISHED all the same")
	router:address("10.0.1.1/24", 2)
	server:address "10.0.1.2/24"
	sleep(10)
	expect_equal(s:ioctl "SIOCOUTQ", 0, "bytes not acknowledged once there is a way again")
end)
