title "The reader sleeps, small segments arrive, and the window does not close"
story [[
A window is offered in units of the scale: with tcp_rmem's maximum of 32 MiB that is 1,024 bytes. An offered window is not taken back, so its
remainder is rounded up to a unit at each ACK. If the data between two ACKs is less than a unit, the window does not shrink: each segment admits
the next, and the receive buffer grows up to tcp_rmem's maximum, although nothing is read. Linux 6.18 does the same: 537,698 bytes unread in a
buffer of 1,728,000 after these segments. net.ipv4.tcp_shrink_window = 1 takes the window back instead.]]

local size, count = 398, 1501
duration(60)

local function run(shrink)
	local sender, receiver, result = host "sender", host "receiver", {}
	link { sender, "10.0.0.1/24", receiver, "10.0.0.2/24", delay = "20ms" }
	receiver:sysctl("net.ipv4.tcp_shrink_window", shrink)
	receiver:run(function()
		local s, read = receiver:listen(80):accept(), 0
		repeat read = read + #s:recv(math.min(2048, 150 * size - read)) until read == 150 * size
		sleep(59 - now())
		result.unread, result.buffer = s:ioctl "FIONREAD", s:getsockopt "SO_RCVBUF"
	end)
	sender:run(function()
		local s = sender:connect("10.0.0.2", 80)
		s:setsockopt("TCP_NODELAY", 1)
		s:setsockopt("SO_SNDBUF", 4 << 20)
		for _ = 1, count do
			s:send(("x"):rep(size))
			sleep "27ms"
		end
	end)
	return result
end

local open, shrinks = run(0), run(1)
at(60, function()
	print(string.format("tcp_shrink_window 0: %d bytes unread, buffer of %d", open.unread, open.buffer))
	print(string.format("tcp_shrink_window 1: %d bytes unread, buffer of %d", shrinks.unread, shrinks.buffer))
	expect_equal(open.unread, (count - 150) * size, "unread: everything")
	expect(open.buffer > 12 * 131072, "the buffer has grown: " .. open.buffer)
	expect_equal(shrinks.buffer, 131072, "with tcp_shrink_window")
	expect(shrinks.unread < 65536, "unread with tcp_shrink_window: " .. shrinks.unread)
end)
