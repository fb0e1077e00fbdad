title "A close in three segments, and where CLOSE-WAIT is"
story [[
Books say that a server that has sent FIN with its ACK is in CLOSE-WAIT, waiting for the last ACK. CLOSE-WAIT comes earlier: the peer's FIN
has arrived and the local program has not closed yet, which can last for ever. close() sends the FIN, and LAST-ACK waits for its ACK. If the
program closes at once, FIN and ACK share a segment, and three segments end the connection.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
local log = {}
wire:filter(function(p) log[#log + 1] = p.flags end)

server:run(function()
	local l = server:listen(80)
	local quick = l:accept()
	quick:recv(1)
	quick:close()
	local slow = l:accept()
	slow:recv(1)
	sleep(3600)
	expect_equal(#server:ss { state = "CLOSE-WAIT" }, 1, "in CLOSE-WAIT an hour later: the program has not closed")
	slow:close()
	sleep(0.005)
	expect_equal(#server:ss { state = "LAST-ACK" }, 1, "in LAST-ACK after close()")
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	sleep(1)
	log = {}
	s:shutdown "wr"
	sleep(0.015)
	expect_equal(#server:ss { state = "LAST-ACK" }, 1, "in LAST-ACK while FIN and ACK are on their way")
	sleep(1)
	expect_equal(table.concat(log, " "), "F. F. .", "segments of the close")
	client:connect("10.0.0.2", 80):shutdown "wr"
end)
