title "A thousand idle connections: buffers are limits, not reservations"
story [[
Books say that a server cannot hold a million connections, since each takes its buffers. A buffer size is a limit, not a reservation: memory
is allocated for queued data, and an idle connection has none. A thousand connections whose receive buffers may hold 128 KiB each take a few
hundred bytes each.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
local count = param("connections", 1000)
local accepted = {}

server:run(function()
	local listener = server:listen(80)
	for i = 1, count do accepted[i] = listener:accept() end
	sleep(10)
end)
client:run(function()
	local before, connections = server:memory(), {}
	for i = 1, count do connections[i] = client:connect("10.0.0.2", 80) end
	sleep(1)
	expect_equal(accepted[count]:getsockopt "SO_RCVBUF", 131072, "receive buffer of each")
	local idle = (server:memory() - before) / count
	expect(idle < 1000, "bytes of an idle connection: " .. idle)
	print(string.format("%.0f bytes of an idle connection", idle))
end)
