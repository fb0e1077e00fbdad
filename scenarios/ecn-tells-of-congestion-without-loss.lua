title "ECN: a router marks instead of dropping"
story [[
Books know a flag "ECN" that both SYNs carry. The flags are ECE and CWR: a SYN that offers ECN has both, the SYN-ACK that accepts it has ECE
alone. A congested router marks packets of such connections as Congestion Experienced, and drops the others. The receiver then sets ECE on
every ACK until the sender sets CWR, once, on the next new data: it has halved its window, and nothing was lost.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
client:sysctl("net.ipv4.tcp_ecn", 1)
client:sysctl("net.ipv4.tcp_congestion_control", "cubic")
local syn, data, ece, cwr = {}, 0, 0, 0
wire:filter(function(p)
	if p.flags:find "S" then syn[#syn + 1] = p.flags end
	if p.payload > 0 then data = data + 1 end
	if p.from == "server" and p.flags == ".E" then ece = ece + 1 end
	if p.flags:find "W" and p.payload > 0 then cwr = cwr + 1 end
	if p.from == "client" and data == 15 and p.payload > 0 then return "mark" end
end)

server:run(function()
	expect_equal(#server:listen(80):accept():recv_all(200000), 200000, "bytes received")
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:send(string.rep("x", 200000))
	sleep(2)
	expect_equal(table.concat(syn, " "), "SEW S.E", "flags of the handshake")
	expect_equal(server:counter "IpExtInCEPkts", 1, "packets that arrived marked")
	expect(ece > 1, "the receiver repeats ECE")
	expect_equal(cwr, 1, "data segments with CWR")
	expect_equal(client:counter "TcpRetransSegs", 0, "retransmissions")
	expect(s:getsockopt "TCP_INFO".snd_ssthresh < 1000, "the window was reduced")
end)
