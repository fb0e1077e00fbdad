title "The accept queue holds backlog + 1 connections"
story [[
Books say that the accept queue holds min(backlog, somaxconn) connections and that a full queue drops the last ACK of a handshake. The
kernel tests "more than", so a backlog of 2 holds three; and once the queue is full, the SYN itself is dropped: the fourth client waits in
SYN-SENT, retransmits its SYN, and does not believe for a moment that it is connected.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }

local listener
server:run(function()
	listener = server:listen(80, 2)
	sleep(10)
end)

for i = 1, 6 do
	client:run(function()
		sleep(i / 100)
		client:connect("10.0.0.2", 80)
	end)
end

sleep(0.5)
expect_equal(#client:ss { state = "ESTAB" }, 3, "connected")
expect_equal(#client:ss { state = "SYN-SENT" }, 3, "clients that wait")
expect_equal(#server:ss { state = "SYN-RECV" }, 0, "half-open connections of the server")
local queue = server:ss { state = "LISTEN" }[1]
expect_equal(queue.recv_q .. "/" .. queue.send_q, "3/2", "the accept queue and its limit, as ss shows them")
expect_equal(server:counter "TcpExtListenOverflows", 3)
expect_equal(server:counter "TcpExtListenDrops", 3)

sleep(2) -- SYNs again, a second later
expect(server:counter "TcpExtListenOverflows" >= 6, "each repeated SYN is dropped again")
expect_equal(#client:ss { state = "ESTAB" }, 3, "still connected")
