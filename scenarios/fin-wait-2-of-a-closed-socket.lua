title "FIN-WAIT-2: tcp_fin_timeout bounds it only when the socket is closed"
story [[
Books call tcp_fin_timeout the time a socket spends in TIME-WAIT. It is how long a closed socket waits in FIN-WAIT-2 for the peer's FIN, and
has nothing to do with TIME-WAIT, which always lasts 60 s. A socket that was only shut down waits as long as its program likes; data that
reaches one that was closed is answered with RST.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
client:sysctl("net.ipv4.tcp_fin_timeout", param("fin_timeout", 5))

server:run(function()
	local l = server:listen(80)
	for i = 1, 2 do l:accept() end -- and never closes them
	local third = l:accept()
	third:recv(1)
	third:close()
	sleep(100)
end)

client:run(function()
	local closed, shut, polite = client:connect("10.0.0.2", 80), client:connect("10.0.0.2", 80), client:connect("10.0.0.2", 80)
	closed:close()
	shut:shutdown "wr"
	polite:close()
	sleep(1)
	expect_equal(#client:ss { state = "FIN-WAIT-2" }, 2, "in FIN-WAIT-2")
	expect_equal(client:ss { state = "TIME-WAIT" }[1].timer, "timewait")
	expect_near(client:ss { state = "TIME-WAIT" }[1].expires, 59, 0.1, "seconds of TIME-WAIT that are left")
	sleep(5)
	expect_equal(#client:ss { state = "FIN-WAIT-2" }, 1, "the one that was only shut down")
	expect_equal(#server:ss { state = "CLOSE-WAIT" }, 2, "in CLOSE-WAIT at the server, which never closes")
	sleep(60)
	expect_equal(#client:ss { state = "TIME-WAIT" }, 0, "TIME-WAIT is over")
	expect_equal(#client:ss { state = "FIN-WAIT-2" }, 1, "still waiting")
end)
