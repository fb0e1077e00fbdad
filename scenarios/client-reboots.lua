title "The client reboots: its old connection is answered with a reset"
story [[
A machine that comes back after a power cut knows none of its connections. The server notices only when it sends: its data is answered with
RST, and the next call fails with ECONNRESET. Until then it holds a half-open connection.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms" }

server:run(function()
	local connection = server:listen(80):accept()
	connection:recv(100)
	sleep(60)
	expect_equal(connection:getsockopt "TCP_INFO".state, 1, "ESTABLISHED, though the client has forgotten it")
	expect_equal(connection:send "are you there?", 14, "the first write succeeds: it only fills the send buffer")
	sleep(1)
	local data, err = connection:recv(100)
	expect_equal(err, "ECONNRESET")
	data, err = connection:send "hello?"
	expect_equal(err, "EPIPE", "and from then on")
end)

client:run(function()
	client:connect("10.0.0.2", 80):send "hello"
end)

at(10, function() client:reboot() end)
at(70, function() expect_equal(client:counter "TcpOutRsts", 1) end)
