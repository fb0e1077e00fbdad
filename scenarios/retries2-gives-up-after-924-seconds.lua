title "Data that is never acknowledged: ETIMEDOUT after a quarter of an hour"
story [[
The cable is cut while data is on its way. The sender retransmits it at an interval that doubles from 200 ms up to two minutes. tcp_retries2
= 15 stands for a time, the sum of the sixteen shortest timeouts, 924.6 s: at the first timeout after that it gives up. Here that is after
925.8 s, since the interval starts at 204 ms and a tail loss probe comes first. Keepalive does not shorten it: no probe is sent while data
is unacknowledged. TCP_USER_TIMEOUT does.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24" }
server:listen(80)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:keepalive(60, 5, 3)
	wire:cut()
	local begun = now()
	s:send "anybody?"
	sleep(120)
	local row = client:ss { state = "ESTAB" }[1]
	expect_equal(row.timer, "on", "the timer that runs, not keepalive's")
	local data, err = s:recv(100)
	expect_equal(err, "ETIMEDOUT")
	expect_near(now() - begun, 925.824, 0.001, "seconds until it gives up")
	expect_equal(client:counter "TcpExtTCPAbortOnTimeout", 1)
	expect_equal(client:counter "TcpRetransSegs", 15 + client:counter "TcpExtTCPLossProbes", "retransmissions")
	expect_equal(client:counter "TcpExtTCPKeepAlive", 0, "keepalive probes")
end)
