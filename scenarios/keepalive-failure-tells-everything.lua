title "Keepalive gives up: every readiness at once, the error once"
story [[
Books say that a failed keepalive makes a socket readable. It makes it readable, writable, error and hang-up, so a program wakes whatever it
waits for. The error is reported once; the next recv() returns 0. A peer that has restarted answers the first probe with RST instead:
ECONNRESET. A probe carries the last acknowledged sequence number and no data; when it gives up, the kernel sends RST.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
client:listen(80)
local probes, resets = {}, {}
wire:filter(function(p)
	if p.from ~= "server" then return end
	table.insert(p.flags:find "R" and resets or probes, { at = now(), seq = p.seq, payload = p.payload })
end)

local function idle_connection(break_it)
	local s = server:connect("10.0.0.1", 80)
	s:keepalive(60, 5, 3)
	s:send "hello"
	sleep(1)
	probes, resets = {}, {}
	break_it()
	s:poll("POLLIN", 600)
	return s
end

server:run(function()
	local s = idle_connection(function() client:power_off() end)
	expect_near(now(), 75, 0.1, "when the program wakes")
	expect_equal(s:ready(), "in out err hup rdhup")
	local data, err = s:recv(100)
	expect_equal(err, "ETIMEDOUT", "first recv()")
	expect_equal(s:recv(100), "", "second recv()")
	expect_equal(#probes, 3, "probes")
	expect_near(probes[2].at - probes[1].at, 5, 0.01, "seconds between probes")
	expect_equal(probes[1].seq, 5, "sequence number of a probe: that of the last byte of hello")
	expect_equal(probes[1].payload, 0, "bytes of a probe")
	expect_equal(#resets, 1, "RSTs when it gives up")

	client:reboot()
	client:listen(80)
	s = idle_connection(function() client:reboot() end)
	data, err = s:recv(100)
	expect_equal(err, "ECONNRESET", "a peer that has restarted")
	expect_equal(#probes, 1, "probes it took")
end)
