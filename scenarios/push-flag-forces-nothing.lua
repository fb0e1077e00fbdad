title "PSH marks the end of a write; it does not make data faster"
story [[
Books say that PSH stops both sides from buffering, and that an option SO_NODELAY sets it. The option is TCP_NODELAY and only disables
Nagle's algorithm. PSH is set by the kernel at the end of a write, and of a burst; the receiver delivers data with or without it at once.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
local sent, lose_push = {}, false
wire:filter(function(p)
	if p.payload == 0 then return end
	sent[#sent + 1] = p.flags .. " " .. p.payload
	if lose_push and p.flags == "P." then return "drop" end
end)

server:run(function()
	local c = server:listen(80):accept()
	expect_equal(#c:recv_all(3896), 3896, "bytes of the first write")
	local begun = now()
	expect_equal(#c:recv(10000), 1448, "delivered at once, though all with PSH was lost")
	expect_near(now(), 1.01, 0.001, "when")
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:send(string.rep("x", 3896))
	sleep(0.01)
	expect_equal(table.concat(sent, ", "), ". 1448, P. 1448, P. 1000", "one write of 3,896 bytes, in two bursts")
	sleep(0.97)
	lose_push = true
	s:send(string.rep("x", 3896))
	sleep(0.1)
	lose_push = false
	expect_equal(s:setsockopt("TCP_NODELAY", 1), true, "TCP_NODELAY")
	expect(not pcall(s.setsockopt, s, "SO_NODELAY", 1), "there is no SO_NODELAY")
end)
