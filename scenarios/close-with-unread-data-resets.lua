title "close() with unread data sends RST, and takes data from the peer"
story [[
Books say that close() means "I have nothing more to send" and ends a connection with FIN. It ends both directions: with unread data in its
receive buffer a socket sends RST, and data it had sent may be lost before the peer reads it. Data that arrives after close() is answered
with RST, too. The half-close of the books is shutdown(SHUT_WR).]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
local log = {}
wire:filter(function(p)
	if p.from == "server" and p.flags:find "[FR]" then log[#log + 1] = p.flags end
end)

server:run(function()
	local listener = server:listen(80)
	local unread = listener:accept()
	sleep(1)
	unread:close()
	local late = listener:accept()
	late:close() -- nothing unread: FIN
	local half = listener:accept()
	half:send "bye"
	half:shutdown "wr"
	expect_equal(half:recv_all(5), "still", "received after shutdown(SHUT_WR)")
	half:close()
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:send "hello"
	local data, err = s:recv(100)
	expect_equal(err, "ECONNRESET", "unread data")
	expect_equal(server:counter "TcpExtTCPAbortOnClose", 1)

	s = client:connect("10.0.0.2", 80)
	expect_equal(s:recv(100), "", "the end of the stream")
	s:send "too late"
	sleep(1)
	expect_equal(s:getsockopt "SO_ERROR", "EPIPE", "data after close()")
	expect_equal(server:counter "TcpExtTCPAbortOnData", 1)

	s = client:connect("10.0.0.2", 80)
	expect_equal(s:recv_all(10), "bye")
	expect_equal(s:send "still", 5, "sent after the peer's half-close")
	s:close()
	sleep(1)
	expect_equal(table.concat(log, " "), "R. F. R F.", "how the server ended each")
end)
