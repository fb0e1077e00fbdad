title "Urgent data does not overtake: it is a mark in the stream"
story [[
Books say that urgent data bypasses the receive buffer. TCP has an urgent pointer, not a second channel: the byte comes in order, only the
notification is early. One byte is set aside, the last of a send with MSG_OOB; a second urgent byte puts the first back into the stream. A
read stops at the mark. The pointer names the byte after. tcp_stdurg = 1 changes only how Linux reads it, as the byte itself: what Linux
sends is then marked one byte too late. RFC 6093 advises against all of it.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
local pointer
wire:filter(function(p) pointer = p.urg or pointer end)

server:run(function()
	local l = server:listen(80)
	local c = l:accept()
	expect_equal(c:poll("POLLPRI", 10), "pri", "POLLPRI announces it")
	sleep(1)
	expect_equal(c:recv(1, "MSG_OOB"), "Y", "the byte kept aside")
	expect_equal(c:recv(100), "aXb", "the stream: X was pushed back into it")
	expect_equal(c:ioctl "SIOCATMARK", 1, "at the mark")
	expect_equal(c:recv(100), "c", "after the mark")

	c = l:accept()
	c:setsockopt("SO_OOBINLINE", 1)
	sleep(1)
	local data, err = c:recv(1, "MSG_OOB")
	expect_equal(err, "EINVAL", "MSG_OOB with SO_OOBINLINE")
	expect_equal(c:recv(100), "aX", "a read stops at the mark, which tcp_stdurg = 1 puts behind X")
	expect_equal(c:ioctl "SIOCATMARK", 1, "at the mark, inline")
	expect_equal(c:recv(100), "b", "then the byte that is taken for the urgent one, in its place")
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:send("aX", "MSG_OOB")
	sleep(0.001)
	expect_equal(pointer, 2, "the pointer: the byte after X")
	s:send("bY", "MSG_OOB")
	s:send "c"
	sleep(2)
	for _, h in ipairs { client, server } do h:sysctl("net.ipv4.tcp_stdurg", 1) end
	s = client:connect("10.0.0.2", 80)
	s:send("aX", "MSG_OOB")
	s:send "b"
	sleep(1)
	expect_equal(pointer, 2, "the pointer with tcp_stdurg = 1: the same")
end)
