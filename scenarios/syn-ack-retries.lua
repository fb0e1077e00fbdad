title "An unanswered SYN-ACK: retransmitted after 1, 3, 7, 15 and 31 s"
story [[
Books say that a SYN-ACK is retransmitted every 30 to 40 seconds, for three minutes. The first timeout is one second and doubles each time;
with tcp_synack_retries = 5 the request socket is dropped after 63 seconds. Against a flood, lower the value; do not raise it.]]

local server, peer = host "server", flooder { "peer" }
local wire = link { peer, "", server, "10.0.0.1/24" }
server:route("0.0.0.0/0")
server:sysctl("net.ipv4.tcp_synack_retries", param("retries", 5))
server:listen(80)

local sent = {}
wire:filter(function(p)
	if p.flags == "S." then sent[#sent + 1] = now() end
end)
peer:start { to = "10.0.0.1", port = 80, flags = "S", rate = 1, count = 1, from = "203.0.113.1" }

sleep(62)
for i, at in ipairs { 0, 1, 3, 7, 15, 31 } do expect_near(sent[i], at, 0.001, "SYN-ACK " .. i) end
expect_equal(#server:ss { state = "SYN-RECV", port = 80 }, 1, "half-open before 63 s")
while #server:ss { state = "SYN-RECV" } > 0 do sleep(0.1) end
expect_near(now(), 63, 0.2, "half-open until")
expect_equal(#sent, 6, "SYN-ACKs in all")
expect_equal(server:counter "TcpRetransSegs", 5)
expect_equal(server:counter "TcpExtTCPTimeouts", 6)
