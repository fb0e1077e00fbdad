title "TSval is not the time of day"
story [[
Books say that the timestamp of a segment is the current time. It is a millisecond counter with a random offset for each pair of hosts, so
that it does not reveal a machine's uptime. The peer only echoes it, to measure the round trip and to recognise segments of an earlier wrap
of the sequence numbers.]]

local client, server, other = host "client", host "server", host "other"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "50ms" }
local second = link { client, "10.0.1.1/24", other, "10.0.1.2/24", delay = "50ms" }
local first_seen, last, echoed, elsewhere
wire:filter(function(p)
	if p.from == "client" then
		first_seen = first_seen or p.tsval
		last = p.tsval
	else
		echoed = p.tsecr
	end
end)
second:filter(function(p) if p.flags == "S" then elsewhere = p.tsval end end)
server:listen(80)
other:listen(80)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	expect_equal(echoed, first_seen, "the SYN-ACK echoes the stamp of the SYN")
	expect_near(s:getsockopt "TCP_INFO".rtt, 100000, 1, "microseconds of round trip, measured with it")
	sleep(1)
	s:send "hello"
	sleep(0.01)
	expect_near(last - first_seen & 0xffffffff, 1100, 1, "ticks in 1.1 s")
	client:connect("10.0.1.2", 80)
	expect((elsewhere - last & 0xffffffff) > 1000, "to another host the counter is another")
end)
