title "A socket connects to itself"
story [[
connect() to a port of one's own host on which nothing listens usually fails with ECONNREFUSED. If the port lies among the ephemeral ones
and the system happens to choose it as the source, SYN and SYN meet in one socket: a simultaneous open with itself, and everything that is
sent comes back. A service that reconnects to a port above 32768 sees this, and then it cannot bind that port.]]

local alone = host "alone"
link { alone, "10.0.0.1/24", host "neighbour", "10.0.0.2/24" }

alone:run(function()
	local s = alone:socket()
	s:bind("127.0.0.1", 40000)
	expect(s:connect("127.0.0.1", 40000), "connect() to itself succeeds")
	local address, port = s:getpeername()
	expect_equal(address .. ":" .. port, "127.0.0.1:40000", "its peer is itself")
	expect_equal(#alone:ss { state = "ESTAB" }, 1, "sockets for both ends")
	s:send "echo"
	expect_equal(s:recv(100), "echo", "what it sent comes back")
	s:shutdown "wr"
	expect_equal(s:recv(100), "", "even its own FIN")
	local refused, err = alone:connect("127.0.0.1", 40001)
	expect_equal(err, "ECONNREFUSED", "any other port")
end)
