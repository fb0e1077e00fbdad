title "Small segments fill a receive buffer, and the window keeps its promise"
story [[
A receive buffer is counted in memory, a window in bytes, and a segment of one byte takes the memory of hundreds. Data within the offered
window is accepted all the same: the payload of small segments is coalesced into the memory of earlier ones, and half-empty blocks are
collapsed when the buffer is full. So the writer finds a closed window and probes it. No data is dropped, and no timer of the writer
mistakes silence for loss.]]

local writer, reader = host "writer", host "reader"
link { writer, "10.0.0.1/24", reader, "10.0.0.2/24", delay = "5ms" }

local sizes = { 1, 100, 153, 400, 1448 }
local sent, read = {}, {}

for i, size in ipairs(sizes) do
	reader:run(function()
		local listener = reader:listen(80 + i)
		listener:setsockopt("SO_RCVBUF", 8000)
		local s = listener:accept()
		read[i] = 0
		sleep(100) -- and does not read
		repeat
			local text = s:recv(65536)
			read[i] = read[i] + #text
		until #text == 0
	end)
	writer:run(function()
		local s = writer:connect("10.0.0.2", 80 + i)
		s:setsockopt("TCP_NODELAY", 1)
		s:setsockopt("SO_SNDBUF", 20000)
		s:setsockopt("SO_SNDTIMEO", 1)
		sent[i] = 0
		repeat
			local n = s:send(("x"):rep(size)) or 0
			sent[i] = sent[i] + n
			sleep(0.001)
		until n < size
		expect(sent[i] > 6000, size .. " bytes at a time fill the window: " .. sent[i])
		expect_equal(writer:ss { port = select(2, s:getsockname()) }[1].timer, "persist")
		s:setsockopt("SO_SNDTIMEO", 0)
		s:close()
	end)
end

after("100s", function()
	expect_equal(writer:counter "TcpExtTCPTimeouts", 0)
	expect(writer:counter "TcpExtTCPWinProbe" > 10, "the window is asked for: " .. writer:counter "TcpExtTCPWinProbe")
	expect_equal(reader:counter "TcpExtTCPRcvQDrop", 0)
	expect(reader:counter "TcpExtTCPRcvCoalesce" > 6000, "single bytes lie together")
	expect(reader:counter "TcpExtTCPRcvCollapsed" > 10, "half-empty blocks were copied together")
end)

after("200s", function()
	for i, size in ipairs(sizes) do expect_equal(read[i], sent[i], size .. " at a time: all is read") end
end)
