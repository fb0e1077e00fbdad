title "Only ACKs are lost: they are cumulative, and the next one is enough"
story [[
A third of all ACKs is lost on the way back, and nothing on the way there. No data has to be retransmitted: each ACK covers everything up to
its number, so the next one makes up for it. The same loss in the other direction costs a third of all segments and the window, again and
again: that path carries next to nothing.]]

local function download(lossy)
	local client, server = host "client", host "server"
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms", rate = "20mbit" }
	local result = { server = server }
	server:run(function()
		local c = server:listen(80):accept()
		c:setsockopt("SO_SNDBUF", 4000000)
		if lossy then wire:set({ loss = "30%" }, lossy == "ACKs" and client or server) end
		c:send(("x"):rep(2000000))
	end)
	client:run(function()
		local s, begun = client:connect("10.0.0.2", 80), now()
		result.bytes = #s:recv_all(2000000)
		result.seconds = now() - begun
	end)
	return result
end

local rows = { { "nothing", download() }, { "30 % of the ACKs", download "ACKs" }, { "30 % of the data", download "data" } }
sleep(7200)
print("lost              seconds  sent again")
for _, row in ipairs(rows) do
	local r = row[2]
	r.again = r.server:counter "TcpRetransSegs"
	print(string.format("%-16s  %7.1f  %10d", row[1], r.seconds, r.again))
	expect_equal(r.bytes, 2000000, row[1] .. ": bytes")
end
local none, acks, data = rows[1][2], rows[2][2], rows[3][2]
expect_near(acks.seconds, none.seconds, 0.3, "seconds with lost ACKs")
expect(acks.again < 10, "of 1,400 segments sent again: " .. acks.again)
expect(data.again > 400, "with lost data: " .. data.again)
expect(data.seconds > 20 * none.seconds, "seconds with lost data: " .. data.seconds)
