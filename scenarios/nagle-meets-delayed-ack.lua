title "Nagle's algorithm meets delayed acknowledgments: 40 ms for nothing"
story [[
A request written in two small pieces waits: Nagle holds the second piece back until the first is acknowledged, and the server acknowledges
late, because it hopes to send the acknowledgment with its answer, which it cannot write before it has the second piece. One write for the
whole request, or TCP_NODELAY, or TCP_CORK, avoids the wait.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }

server:run(function()
	local listener = server:listen(80)
	while true do
		local c = listener:accept()
		while c:recv_all(20) ~= "" do c:send "answer" end
	end
end)

local function slowest(prepare, write)
	local s, worst = client:connect("10.0.0.2", 80), 0
	prepare(s)
	for i = 1, 20 do -- a connection begins with quick acknowledgments
		local begun = now()
		write(s)
		s:recv_all(6)
		if i > 10 then worst = math.max(worst, now() - begun) end
		sleep(0.1)
	end
	s:close()
	return worst
end

local function twice(s) s:send "ten bytes." s:send "ten bytes." end

client:run(function()
	local plain = slowest(function() end, twice)
	expect(plain > 0.040 and plain < 0.060, "two writes: " .. plain)
	local once = slowest(function() end, function(s) s:send "ten bytes.ten bytes." end)
	expect_near(once, 0.002, 0.0005, "one write")
	local nodelay = slowest(function(s) s:setsockopt("TCP_NODELAY", 1) end, twice)
	expect_near(nodelay, 0.002, 0.0005, "TCP_NODELAY")
	local cork = slowest(function() end, function(s)
		s:setsockopt("TCP_CORK", 1)
		twice(s)
		s:setsockopt("TCP_CORK", 0)
	end)
	expect_near(cork, 0.002, 0.0005, "TCP_CORK")
	print(string.format("slowest answer: two writes %.1f ms, one %.1f, TCP_NODELAY %.1f, TCP_CORK %.1f", plain * 1e3,
		once * 1e3, nodelay * 1e3, cork * 1e3))
end)
