title "Keepalive is off; once on, it takes two hours and eleven minutes"
story [[
Books give 1,000 ms and five or ten attempts, which is Windows. Linux sends nothing until SO_KEEPALIVE is set; then the first probe leaves
after tcp_keepalive_time = 7200 s of silence, and nine probes tcp_keepalive_intvl = 75 s apart without an answer end the connection.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
client:listen(80)

server:run(function()
	local off = server:connect("10.0.0.1", 80)
	local on = server:connect("10.0.0.1", 80)
	on:setsockopt("SO_KEEPALIVE", 1)
	client:power_off()
	local data, err = on:recv(100)
	expect_equal(err, "ETIMEDOUT")
	expect_near(now(), 7200 + 9 * 75, 1, "seconds")
	expect_equal(server:counter "TcpExtTCPKeepAlive", 9, "probes")
	sleep "20h"
	expect_equal(off:getsockopt "TCP_INFO".state, 1, "without keepalive: ESTABLISHED a day later")
end)
