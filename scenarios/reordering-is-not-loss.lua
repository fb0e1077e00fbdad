title "Reordered packets are not lost: RACK adapts"
story [[
Each packet takes between 16 and 24 ms, so that segments overtake each other and none is lost. A sender that takes three duplicate ACKs for
a loss (RFC 5681) retransmits segments that have arrived, and halves its window. RACK (RFC 8985) checks how long ago a later segment was
acknowledged, waits up to a quarter of the round-trip time, and longer after each DSACK, which reports a duplicate.]]

local function download(settings)
	local client, server = host "client", host "server"
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms" }
	for name, value in pairs(settings) do server:sysctl("net.ipv4." .. name, value) end
	wire:set({ jitter = "4ms", rate = "50mbit" }, server)
	local result = { server = server }
	server:run(function()
		local c = server:listen(80):accept()
		c:setsockopt("SO_SNDBUF", 4000000)
		c:send(("x"):rep(3000000))
		c:close()
	end)
	client:run(function()
		result.bytes = #client:connect("10.0.0.2", 80):recv_all(4000000)
		result.seconds = now()
	end)
	return result
end

local rows = {
	{ "RACK", download {} },
	{ "three duplicate ACKs", download { tcp_recovery = 0, tcp_max_reordering = 3 } },
}
sleep(60)
print("                      seconds  sent again  DSACKs")
for _, row in ipairs(rows) do
	local r = row[2]
	r.again, r.dsacks = r.server:counter "TcpRetransSegs", r.server:counter "TcpExtTCPDSACKRecv"
	print(string.format("%-20s  %7.2f  %10d  %6d", row[1], r.seconds, r.again, r.dsacks))
	expect_equal(r.bytes, 3000000, row[1] .. ": bytes")
end
local rack, three = rows[1][2], rows[2][2]
expect(rack.again < 40, "RACK sends little again: " .. rack.again)
expect(three.again > 10 * rack.again, "three duplicate ACKs much: " .. three.again)
expect(three.dsacks > 0.8 * three.again, "for nothing: " .. three.dsacks .. " DSACKs")
expect(rack.seconds < 0.8 * three.seconds, "and it takes longer: " .. three.seconds)
