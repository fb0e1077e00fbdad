title "Forged RST, SYN and data from a blind attacker: RFC 5961"
story [[
An attacker who knows addresses and ports, but not the sequence numbers, sends segments into a connection. Books say that a RST within the
window ends it. Since RFC 5961 only a RST with exactly the next number does; another one in the window is answered with a challenge ACK, which
tells a real peer the number. A SYN gets a challenge ACK as well, data whose ACK lies far outside is dropped with one. A segment outside the
window gets at most an ordinary ACK. All of these answers are limited to one in half a second for each connection.]]

local net, client, server, mallory = lan "net", host "client", host "server", raw "mallory"
net:join(client, "10.0.0.1/24", { delay = "5ms" })
local wire = net:join(server, "10.0.0.2/24", { delay = "5ms" })
net:join(mallory, "10.0.0.9")
local connection, port, last

wire:filter(function(p) if p.from == "server" and p.dport == port then last = p end end)
server:run(function()
	local address
	connection, address, port = server:listen(80):accept()
	while true do
		local data, err = connection:recv(100)
		if not data then expect_equal(err, "ECONNRESET", "the server's end") return end
		connection:send(data)
	end
end)
local talk
client:run(function()
	local s = client:connect("10.0.0.2", 80)
	talk = function(word)
		s:send(word)
		expect_equal(s:recv(100), word, "the connection lives")
	end
	talk "hello"
end)
sleep(1)

-- a segment in the client's name, `off` from the number that the server waits for; how many challenge ACKs it gets
local function forge(flags, off, t)
	t = t or {}
	local before = server:counter "TcpExtTCPChallengeACK"
	t.from, t.to, t.sport, t.dport, t.flags = "10.0.0.1", "10.0.0.2", port, 80, flags
	t.seq = (last.ack_raw + off) & 0xffffffff
	mallory:send(t)
	sleep(1)
	return server:counter "TcpExtTCPChallengeACK" - before
end

client:run(function()
	talk "one"
	expect_equal(forge("R", 1000), 1, "challenge ACKs for a RST in the window")
	talk "two"
	expect_equal(forge("R", 1000000), 0, "for a RST outside")
	talk "three"
	expect_equal(forge("S", 1000), 1, "for a SYN in the window")
	expect_equal(forge("S", 1000000), 1, "for a SYN outside")
	talk "four"
	expect_equal(server:counter "TcpExtTCPSYNChallenge", 2, "SYNs that were challenged")
	local ack = (last.seq_raw - 3000000) & 0xffffffff
	expect_equal(forge("P.", 0, { data = "rm -rf /", ack = ack }), 1, "for data with an ACK out of nowhere")
	talk "five"
	local before = server:counter "TcpExtTCPChallengeACK"
	for i = 1, 50 do mallory:send { from = "10.0.0.1", to = "10.0.0.2", sport = port, dport = 80, flags = "S", seq = i } end
	sleep(1)
	expect_equal(server:counter "TcpExtTCPChallengeACK" - before, 1, "for fifty SYNs at once: the rest is not answered")
	expect_equal(server:counter "TcpExtTCPACKSkippedChallenge", 49, "but counted")
	talk "six"
	forge("R", 0)
	expect_equal(server:counter "TcpEstabResets", 1, "only the RST with the next number ends it")
end)
