title "accept() returns connections that have ended already"
story [[
Books say that the accept queue holds connections in ESTABLISHED. But they go on changing state while they wait: the peer can send, close or
reset. accept() succeeds all the same. Data that arrived before the end can be read; on a connection that was reset the first recv() fails.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }

client:run(function()
	local polite = client:connect("10.0.0.2", 80)
	polite:send "hello"
	polite:close()
	local rude = client:connect("10.0.0.2", 80)
	rude:setsockopt("SO_LINGER", { 1, 0 })
	rude:close() -- RST
end)

server:run(function()
	local listener = server:listen(80)
	sleep(1)
	expect_equal(#server:ss { state = "CLOSE-WAIT" }, 1, "connections in CLOSE-WAIT before accept()")
	local first = listener:accept()
	expect_equal(first:recv(100), "hello", "data that came before accept()")
	expect_equal(first:recv(100), "", "and then the end of the stream")
	local second = listener:accept()
	local data, err = second:recv(100)
	expect_equal(err, "ECONNRESET")
end)
