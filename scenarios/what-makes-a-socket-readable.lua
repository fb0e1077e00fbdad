title "What makes a socket readable"
story [[
A socket is readable when a read would not block: data has come (at least SO_RCVLOWAT bytes), the peer has closed its side, an
error waits to be reported, or, on a listener, a connection has been completed. Out-of-band data is an exception ("pri"), not
readability.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }

local function has(s, word) return (" " .. s:ready() .. " "):find(" " .. word .. " ", 1, true) ~= nil end

server:run(function()
	local listener = server:listen(80)
	expect(not has(listener, "in"), "a listener without a connection")
	listener:poll "POLLIN"
	expect(has(listener, "in"), "a listener with a completed connection")
	local c = listener:accept()
	expect(not has(listener, "in"), "and not once it is accepted")

	expect(not has(c, "in"), "a connection without data")
	c:setsockopt("SO_RCVLOWAT", 8)
	sleep(1) -- five bytes have come
	expect(not has(c, "in"), "fewer bytes than SO_RCVLOWAT")
	sleep(1) -- five more
	expect(has(c, "in"), "as many as SO_RCVLOWAT")
	expect_equal(c:recv(100), "hellohello")
	c:setsockopt("SO_RCVLOWAT", 1)

	sleep(1) -- an urgent byte
	expect(has(c, "pri") and not has(c, "in"), "urgent data alone: " .. c:ready())
	expect_equal(c:recv(1, "MSG_OOB"), "!")

	sleep(1) -- the client closes
	expect(has(c, "in") and has(c, "rdhup"), "the end of the stream: " .. c:ready())
	expect_equal(c:recv(1), "", "which is read as no bytes")
	c:send "x"
	c:send "x"
	sleep(1)
	expect(has(c, "in") and has(c, "err") and has(c, "hup"), "an error: " .. c:ready())
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	sleep(0.5)
	s:send "hello"
	sleep(1)
	s:send "hello"
	sleep(1)
	s:send("!", "MSG_OOB")
	sleep(1)
	s:close()
end)
