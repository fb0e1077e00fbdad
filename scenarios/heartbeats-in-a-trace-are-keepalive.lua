title "Pairs of empty ACKs every 15 seconds: keepalive of an idle client"
story [[
Books call the small packets before the FIN in a trace ordinary ACKs, "like a heartbeat". They are keepalive: a probe with the sequence
number of a byte that was acknowledged long ago, and its answer. redis-cli asks for one every 15 s. They carry no data, and neither
program sees them.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
local pairs_seen, last = 0, nil
wire:filter(function(p)
	if p.from == "client" then last = p return end
	if last and p.flags == "." and last.flags == "." and p.ack == last.seq + 1 then pairs_seen = pairs_seen + 1 end
end)

server:run(function()
	local c = server:listen(6379):accept()
	c:recv(100)
	c:send "+PONG"
	expect_equal(c:recv(100), "", "all that the server hears for five minutes: the end")
	expect_near(now(), 300, 0.1, "when")
end)

client:run(function()
	local s = client:connect("10.0.0.2", 6379)
	s:keepalive(15, 5, 3)
	s:send "PING"
	s:recv(100)
	sleep(300 - now())
	s:close()
	expect_equal(pairs_seen, 19, "probes with an answer in 300 s")
	expect_equal(client:counter "TcpExtTCPKeepAlive", 19)
end)
