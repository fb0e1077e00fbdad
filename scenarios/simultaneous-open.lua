title "Two hosts connect to each other at the same time: one connection, no listener"
story [[
SYNs that cross make one connection, not two. Both sides go from SYN-SENT to SYN-RECEIVED, answer with SYN-ACK, and are ESTABLISHED when
that arrives: four segments instead of three, and no listener. It needs fixed ports at both ends; NAT hole punching relies on it.]]

local a, b = host "a", host "b"
local wire = link { a, "10.0.0.1/24", b, "10.0.0.2/24", delay = "50ms" }
local log = {}
wire:filter(function(p) log[#log + 1] = p.flags end)

local function peer(host, port, to, to_port)
	host:run(function()
		local s = host:socket()
		s:bind("0.0.0.0", port)
		expect(s:connect(to, to_port), "connect() succeeds")
		expect_near(now(), 0.1, 0.001, "after one round trip")
		s:send(host == a and "from a" or "from b")
		expect_equal(s:recv(100), host == a and "from b" or "from a", "data")
	end)
end
peer(a, 5000, "10.0.0.2", 6000)
peer(b, 6000, "10.0.0.1", 5000)

sleep(0.075)
expect_equal(#a:ss { state = "SYN-RECV" } + #b:ss { state = "SYN-RECV" }, 2, "in SYN-RECEIVED")
expect_equal(table.concat(log, ", "), "S, S, S., S.", "segments of the handshake")
sleep(0.05)
expect_equal(#a:ss { state = "ESTAB" } + #b:ss { state = "ESTAB" }, 2, "ends of one connection")
