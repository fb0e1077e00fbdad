title "Sequence numbers come round after 4 GiB: what PAWS is for"
story [[
Sequence numbers are reused every 4 GiB: after half a minute at 1 Gbit/s, after 3.4 s at 10. A segment delayed until the numbers have wrapped is
within the window again, with the wrong bytes. Timestamps tell old from new (PAWS, RFC 7323): the segment is discarded. Without them its bytes
become part of the stream, and no checksum notices. The wrap itself, 2^32 - 1 to 0, is nothing special.]]

for _, rate in ipairs { 1e8, 1e9, 1e10, 1e11 } do
	print(string.format("%6.0f Mbit/s: a lap takes %.1f s", rate / 1e6, 2 ^ 32 * 8 / rate))
end

-- a client made by hand, whose stream begins 5 bytes before the wrap; then a segment that was on its way for a lap
local function lap(timestamps)
	local net, server, client = lan "net", host "server", raw "client"
	net:join(server, "10.0.0.2/24")
	net:join(client, "10.0.0.1")
	local result = { server = server }
	server:run(function() result.data = server:listen(80):accept():recv_all(30) end)
	local answer = 0
	local function say(flags, seq, data, tsval)
		client:send { from = "10.0.0.1", to = "10.0.0.2", sport = 5000, dport = 80, flags = flags, seq = seq & 0xffffffff,
			ack = answer, data = data, tsval = timestamps and tsval or nil, tsecr = 0, mss = flags == "S" and 1460 or nil }
	end
	local isn = 0xffffffff - 5
	say("S", isn, nil, 1000)
	answer = client:recv().seq_raw + 1 & 0xffffffff
	say(".", isn + 1, nil, 1001)
	say("P.", isn + 1, "0123456789", 1002) -- 5 bytes before the wrap, 5 after
	expect_equal(client:recv().ack_raw, 5, "the next number: past the wrap")
	say("P.", isn + 11, "an old one", 900) -- as it was when the numbers were here the last time
	sleep(0.1)
	say("P.", isn + 11, "ABCDEFGHIJ", 1003)
	say("P.", isn + 21, "KLMNOPQRST", 1004)
	sleep(1)
	return result
end

local with, without = lap(true), lap(false)
expect_equal(with.data, "0123456789ABCDEFGHIJKLMNOPQRST", "with timestamps")
expect_equal(with.server:counter "TcpExtPAWSEstab", 1, "old segments thrown away")
expect_equal(without.data, "0123456789an old oneKLMNOPQRST", "without")
expect_equal(without.server:counter "TcpExtPAWSEstab", 0, "old segments thrown away")
