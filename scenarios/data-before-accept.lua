title "Data that arrives before accept(): the kernel takes it, up to the receive buffer"
story [[
The kernel completes handshakes by itself. A client may send, and be acknowledged, while its connection waits in the accept queue; accept()
then returns a socket that is readable at once. The receive buffer bounds the data taken: the window closes, and the client's send() waits.
With TCP_DEFER_ACCEPT the connection enters the queue only with its first data.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }

server:run(function()
	local listener = server:listen(80)
	sleep(10)
	local c = listener:accept()
	expect_equal(c:ready(), "in out", "readable at once")
	expect_equal(c:recv(5), "hello")
	expect_equal(#c:recv_all(1000000), 1000000, "bytes that the client had to send")
	expect(now() > 10, "from the time on when there is room")
end)
client:run(function()
	local s = client:connect("10.0.0.2", 80)
	expect_near(now(), 0.02, 0.001, "connect() does not wait for accept()")
	s:send "hello"
	sleep(1)
	expect_equal(s:ioctl "SIOCOUTQ", 0, "acknowledged, though no program has seen it")
	s:setsockopt("SO_SNDTIMEO", 5)
	local sent = s:send(("x"):rep(1000000))
	expect(sent < 1000000, "then the buffers are full: " .. sent)
	expect(server:ss({ state = "ESTAB", port = 80 })[1].recv_q < 131072, "the server's within SO_RCVBUF")
	s:setsockopt("SO_SNDTIMEO", 0)
	expect_equal(s:send(("x"):rep(1000000 - sent)), 1000000 - sent, "the rest waits for the reader")
end)

local lazy = host "lazy"
link { client, "10.0.1.1/24", lazy, "10.0.1.2/24", delay = "10ms" }
lazy:run(function()
	local listener = lazy:socket()
	listener:setsockopt("TCP_DEFER_ACCEPT", 10)
	listener:bind("0.0.0.0", 80)
	listener:listen(10)
	local c = listener:accept()
	expect_near(now(), 3.03, 0.01, "TCP_DEFER_ACCEPT: accept() returns with the first data")
	expect_equal(c:recv(100), "late")
end)
client:run(function()
	local s = client:connect("10.0.1.2", 80)
	sleep(3)
	expect_equal(#lazy:ss { state = "SYN-RECV" }, 1, "until then it is a request socket")
	s:send "late"
end)
