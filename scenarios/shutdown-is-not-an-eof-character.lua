title "The end of the stream is no character in the buffer"
story [[
Books say that a FIN inserts an end-of-file character into the receive buffer. It consumes one sequence number and puts nothing in the
buffer: once all data has been read, every recv() returns 0, and a byte of value 4 or 26 is data like any other.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
local fin, last_ack
wire:filter(function(p)
	if p.from == "client" and p.flags:find "F" then fin = p.seq end
	if p.from == "server" then last_ack = p.ack end
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:send "a\4b\26"
	s:shutdown "wr"
	sleep(1)
	expect_equal(fin, 5, "sequence number of the FIN: after SYN and four bytes")
	expect_equal(last_ack, 6, "the FIN is acknowledged as if it were a byte")
end)

server:run(function()
	local c = server:listen(80):accept()
	sleep(0.5)
	expect_equal(c:ioctl "FIONREAD", 4, "bytes to read")
	expect_equal(c:recv(1), "a", "a byte")
	expect_equal(c:recv(100), "\4b\26", "the rest")
	expect_equal(c:recv(100), "", "the end")
	expect_equal(c:recv(100), "", "and again")
end)
