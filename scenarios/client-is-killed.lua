title "The client's program is killed: the kernel closes its connections"
story [[
A program that ends, however it ends, leaves its sockets to the kernel, which closes them: the server reads the end of the stream at once.
If the dead program had unread data, the kernel sends RST instead of FIN, and the server's read fails with ECONNRESET. Only a dead machine
is silent.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms" }

server:run(function()
	local listener = server:listen(80)
	local clean, unread = listener:accept(), listener:accept()
	unread:send "nobody reads this"
	local data, err = clean:recv(100)
	expect_equal(data, "", "the end of the stream")
	expect_near(now(), 5.02, 0.001, "half a round trip later")
	data, err = unread:recv(100)
	expect_equal(err, "ECONNRESET", "unread data is lost, and the server is told")
end)

client:run(function()
	client:connect("10.0.0.2", 80)
	client:connect("10.0.0.2", 80)
	sleep(1000)
end)

at(5, function() client:crash() end)
