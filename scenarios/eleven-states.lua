title "The eleven states of a connection, each seen in ss"
story [[
Books write SYN_SEND, ESTABLISH, SEND RECEIVED. The names of RFC 9293 are LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1,
FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT, and CLOSED, which means that there is no connection. Most last for a round trip, which
on a slow link is long enough to see.]]

local a, b = host "a", host "b"
link { a, "10.0.0.1/24", b, "10.0.0.2/24", delay = "100ms" }
local function see(moment, of_a, of_b)
	at(moment, function()
		expect_equal(#a:ss { state = of_a }, 1, of_a .. " of a at " .. moment)
		expect_equal(#b:ss { state = of_b }, 1, of_b .. " of b at " .. moment)
	end)
end

b:run(function()
	local l = b:listen(80)
	local c = l:accept()
	c:recv(1)
	sleep(1)
	c:close()
	c = l:accept()
	sleep(5 - now())
	c:close() -- both close at 5 s
end)
a:run(function()
	local s = a:connect("10.0.0.2", 80)
	sleep(1 - now())
	s:close()
	sleep(3 - now())
	s = a:connect("10.0.0.2", 80)
	sleep(5 - now())
	s:close()
end)

see(0.05, "SYN-SENT", "LISTEN")
see(0.15, "SYN-SENT", "SYN-RECV")
see(0.5, "ESTAB", "ESTAB")
see(1.05, "FIN-WAIT-1", "ESTAB")
see(1.5, "FIN-WAIT-2", "CLOSE-WAIT")
see(2.15, "FIN-WAIT-2", "LAST-ACK")
see(2.5, "TIME-WAIT", "LISTEN")
see(5.05, "FIN-WAIT-1", "FIN-WAIT-1")
see(5.15, "CLOSING", "CLOSING")
sleep(70)
expect_equal(#a:ss() + #b:ss(), 1, "sockets of both at the end: the listener")
