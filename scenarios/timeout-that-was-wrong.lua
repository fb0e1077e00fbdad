title "A spurious timeout is undone: timestamps, F-RTO, DSACK"
story [[
For a second a radio link holds its packets back and loses none. The timer expires, the first segment is retransmitted, the congestion window
falls to one segment; then the ACK of the first transmission arrives. Timestamps (RFC 3522) say which of the two it answers; F-RTO (RFC 5682)
sends new data and sees that it is acknowledged; DSACK (RFC 2883) reports afterwards that everything had arrived. Each of them restores the
window. Without any, everything in flight is retransmitted.]]

local function pause(settings)
	local client, server = host "client", host "server"
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "25ms", rate = "20mbit" }
	for name, value in pairs(settings) do
		server:sysctl("net.ipv4." .. name, value)
		client:sysctl("net.ipv4." .. name, value)
	end
	local result = { server = server }
	server:run(function()
		local c = server:listen(80):accept()
		c:setsockopt("SO_SNDBUF", 4000000)
		server:run(function() c:send(("x"):rep(6000000)) end)
		sleep(1.5)
		result.before = c:getsockopt "TCP_INFO".snd_cwnd
		wire:set({ rate = "13kbit" }, server) -- one packet takes 0.9 s
		sleep(0.2)
		wire:set({ rate = "20mbit" }, server)
		sleep(1.3)
		result.after = c:getsockopt "TCP_INFO".snd_cwnd
	end)
	client:run(function()
		result.bytes = #client:connect("10.0.0.2", 80):recv_all(6000000)
	end)
	return result
end

local rows = {
	{ "timestamps", { tcp_frto = 0, tcp_dsack = 0 }, "TCPLossUndo" },
	{ "F-RTO", { tcp_timestamps = 0, tcp_dsack = 0 }, "TCPSpuriousRTOs" },
	{ "DSACK", { tcp_timestamps = 0, tcp_frto = 0 }, "TCPDSACKUndo" },
	{ "nothing", { tcp_timestamps = 0, tcp_frto = 0, tcp_dsack = 0 } },
}
for _, row in ipairs(rows) do row.result = pause(row[2]) end
sleep(60)

print("                  window before  after  sent again")
for _, row in ipairs(rows) do
	local r = row.result
	local again = r.server:counter "TcpRetransSegs"
	print(string.format("%-16s  %13d  %5d  %10d", row[1], r.before, r.after, again))
	expect_equal(r.bytes, 6000000, row[1] .. ": bytes")
	expect_equal(r.server:counter "TcpExtTCPTimeouts", 1, row[1] .. ": timeouts")
	for _, undo in ipairs { "TCPLossUndo", "TCPSpuriousRTOs", "TCPDSACKUndo" } do
		expect(row[3] ~= undo or r.server:counter("TcpExt" .. undo) == 1, row[1] .. ": " .. undo .. " counts")
		expect(row[3] or r.server:counter("TcpExt" .. undo) == 0, row[1] .. ": " .. undo .. " does not count")
	end
	if row[3] then
		expect(r.after >= r.before, row[1] .. ": the window is back: " .. r.after)
	else
		expect(r.after < 0.9 * r.before, row[1] .. ": the window is not: " .. r.after)
		expect(again > 100, row[1] .. ": segments sent again: " .. again)
	end
end
