title "A middlebox strips TCP options: what is lost with each"
story [[
Options are agreed in the SYNs. A box that turns one into NOPs, as some firewalls do, makes each end believe that the other does not support it;
nothing fails, but a long path shows the cost. Without window scaling no more than 64 KiB are in flight. Without SACK each hole in a window costs
a round trip of its own, and a timeout where there are many. Without timestamps the speed is the same; what is lost is the protection against old
segments (PAWS), and what SYN cookies need. A lower MSS, as boxes in front of tunnels set it, costs a few more headers.]]

local size = 4000000

local function download(options)
	options[1] = "box"
	local client, server, box = host "client", host "server", middlebox(options)
	link { client, "10.0.0.1/24", box, "inside", delay = "1ms" }
	local far = link { box, "outside", server, "10.0.0.2/24", delay = "39ms", rate = "50mbit" }
	local segments = 0
	far:filter(function(p) -- eight holes in a window, three times
		if p.from ~= "server" or p.payload == 0 then return end
		segments = segments + 1
		local n = segments % 800
		if n >= 300 and n < 316 and n % 2 == 0 and segments < 2400 then return "drop" end
	end)
	local result = { server = server }
	server:run(function()
		local c = server:listen(80):accept()
		c:setsockopt("SO_SNDBUF", 4000000)
		c:send(("x"):rep(size))
	end)
	client:run(function()
		local s = client:connect("10.0.0.2", 80)
		local begun = now()
		result.bytes = #s:recv_all(size)
		result.seconds = now() - begun
		result.mss = s:getsockopt "TCP_INFO".advmss
	end)
	return result
end

local rows = {
	{ "nothing", download {} }, { "mss = 1200", download { mss = 1200 } }, { "timestamps", download { timestamps = false } },
	{ "sack_ok", download { sack_ok = false } }, { "wscale", download { wscale = false } },
}
sleep(200)
print("stripped     seconds  timeouts  sent again")
for _, row in ipairs(rows) do
	local r = row[2]
	print(string.format("%-11s  %7.1f  %8d  %10d", row[1], r.seconds, r.server:counter "TcpExtTCPTimeouts", r.server:counter "TcpRetransSegs"))
	expect_equal(r.bytes, size, row[1] .. ": bytes")
end
local plain, mss, ts, sack, wscale = rows[1][2], rows[2][2], rows[3][2], rows[4][2], rows[5][2]
expect_near(ts.seconds, plain.seconds, 0.1, "seconds without timestamps")
expect_near(mss.seconds, plain.seconds, 0.5, "seconds with a lower MSS")
expect(sack.seconds > 1.4 * plain.seconds, "without SACK: " .. sack.seconds)
expect(wscale.seconds > 2.5 * plain.seconds, "without window scale: " .. wscale.seconds)
expect_near(wscale.seconds, size / 65535 * 0.08, 0.8, "64 KiB in each round trip")
