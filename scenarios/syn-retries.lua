title "An unanswered SYN: four times a second apart, then doubling"
story [[
Books say that connect() gives up after 127 seconds: 1, 2, 4 ... 64. Since tcp_syn_linear_timeouts the first four retransmissions are a
second apart and do not count, and only then does the timeout double: eleven SYNs with tcp_syn_retries = 6, and ETIMEDOUT after 131 s.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24" }
server:power_off()

local sent = {}
wire:filter(function(p)
	if p.flags == "S" then sent[#sent + 1] = now() end
end)

client:run(function()
	local connection, err = client:connect("10.0.0.2", 80)
	expect_equal(err, "ETIMEDOUT")
	expect_near(now(), 131, 0.1, "seconds until connect() returns")
	for i, at in ipairs { 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 } do expect_near(sent[i], at, 0.001, "SYN " .. i) end
	expect_equal(#sent, 11, "SYNs")
	expect_equal(client:counter "TcpExtTCPTimeouts", 11)
end)
