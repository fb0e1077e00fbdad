title "A NAT gives an old connection another port: the server does not know it"
story [[
The box forgot an idle connection, and gave its port to another client. The server takes that client's SYN for a segment of the connection that it
still has: a challenge ACK, a RST for an answer, and the old connection is closed; the SYN that follows makes a new one. When the first client sends
again, the box picks its connection up in mid-stream (nf_conntrack's loose), with another port. The server has no such connection and answers RST:
the first client gets ECONNRESET.]]

local net, first, second, server = lan "home", host "first", host "second", host "server"
local box = nat { "box", public = "192.0.2.1", established = "5min" }
net:join(first, "10.0.0.2/24")
net:join(second, "10.0.0.3/24")
net:join(box, "inside", nil, "default")
local outside = link { box, "outside", server, "192.0.2.2/24", delay = "20ms" }
first:route "0.0.0.0/0"
second:route "0.0.0.0/0"

local ports, ends, strange = {}, {}
outside:filter(function(p) if p.data == "are you there?" then strange = p.sport end end)
server:run(function()
	local listener = server:listen(80)
	while true do
		local c, address, port = listener:accept()
		local n = #ports + 1
		ports[n] = port
		server:run(function()
			local data, err = c:recv(100)
			ends[n] = err
		end)
	end
end)
local function connect(client)
	local s = client:socket()
	s:bind("0.0.0.0", 5000)
	local begun = now()
	return s, s:connect("192.0.2.2", 80), now() - begun
end
first:run(function()
	local s = connect(first)
	sleep(400)
	second:run(function()
		local other, ok, took = connect(second)
		expect(ok, "the second client connects")
		expect_near(took, 0.082, 0.001, "in two round trips: SYN, challenge ACK, RST and SYN, SYN-ACK")
		other:recv(1)
	end)
	sleep(1)
	s:send "are you there?"
	local data, err = s:recv(1)
	expect_equal(err, "ECONNRESET", "the first client's end")
end)
sleep(450)
expect_equal(ports[1], 5000, "the port of the first, as the server sees it")
expect_equal(ports[2], 5000, "of the second")
expect_equal(ends[1], "ECONNRESET", "the server's end of the first")
expect_equal(server:counter "TcpExtTCPChallengeACK", 1, "challenge ACKs")
expect(strange and strange ~= 5000, "the first comes back with port " .. tostring(strange))
