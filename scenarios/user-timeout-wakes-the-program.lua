title "TCP_USER_TIMEOUT ends a connection although the program makes no call"
story [[
Books say that the user timeout is how long to wait for the answer to a SYN, and that it is noticed at the next send or recv. It is how long
sent data may stay unacknowledged. A timer runs: 3,000 ms after the first retransmission timeout the connection ends, and a program that
sleeps in epoll is woken. The TCP option of RFC 5482 is a different thing, which most systems do not send.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
server:listen(80)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:setsockopt("TCP_USER_TIMEOUT", 3000)
	wire:cut()
	local begun = now()
	s:send "anybody?"
	s:poll("POLLIN", 60)
	expect_near(now() - begun, 3.404, 0.001, "seconds until the program wakes")
	expect_equal(s:getsockopt "SO_ERROR", "ETIMEDOUT", "why")
	expect_equal(client:counter "TcpExtTCPAbortOnTimeout", 1)
end)
