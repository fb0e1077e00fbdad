title "A window that stays shut: probes for ever, unless a limit is set"
story [[
The reader lives and does not read. Its window is shut, and the writer probes it: after 0.2, 0.5, 0.9, 1.8 s ... and in the end every two minutes.
As long as the probes are answered this goes on for ever: tcp_retries2 does not apply, and keepalive sends no probes while data is queued.
TCP_USER_TIMEOUT bounds it. If the reader loses power, the connection ends after tcp_retries2 probes without an answer: half an hour.]]

local function shut(timeout, power_off)
	local writer, reader = host "writer", host "reader"
	local wire = link { writer, "10.0.0.1/24", reader, "10.0.0.2/24", delay = "10ms" }
	local result = { probes = {} }
	reader:run(function()
		local c = reader:listen(80):accept()
		sleep(86000)
	end)
	writer:run(function()
		local s = writer:connect("10.0.0.2", 80)
		if timeout then s:setsockopt("TCP_USER_TIMEOUT", timeout) end
		s:keepalive(60, 10, 3)
		s:setsockopt("SO_SNDBUF", 1000000)
		s:send(("x"):rep(400000))
		local begun = now()
		wire:filter(function(p)
			if p.from == "writer" and now() > begun + 0.3 then result.probes[#result.probes + 1] = now() end
		end)
		if power_off then after(100, function() reader:power_off() end) end
		s:setsockopt("SO_RCVTIMEO", 20000)
		result.data, result.err = s:recv(1)
		result.seconds = now() - begun
		result.queued = s:ioctl "SIOCOUTQ"
	end)
	return result
end

local patient, bounded, dead = shut(), shut(30000), shut(nil, true)
sleep(25000)

expect_equal(patient.err, "EAGAIN", "after five hours the connection is still there")
expect(patient.queued > 300000, "with what waits: " .. patient.queued)
local probes = patient.probes
for i, gap in ipairs { 0.25, 0.47, 0.92, 1.85, 3.7 } do
	expect_near(probes[i + 1] - probes[i], gap, 0.05, "seconds from probe " .. i .. " to the next")
end
expect_near(probes[#probes] - probes[#probes - 1], 118, 3, "seconds between probes in the end")
expect_equal(bounded.err, "ETIMEDOUT", "with TCP_USER_TIMEOUT")
expect_near(bounded.seconds, 30, 1, "seconds until then")
expect_equal(dead.err, "ETIMEDOUT", "without power")
expect_near(dead.seconds - 100, 1770, 150, "seconds without a word")
print(string.format("reader alive: %d probes in %.0f s, and no end; TCP_USER_TIMEOUT of 30 s: %.1f s; reader without power: %.0f s",
	#probes, patient.seconds, bounded.seconds, dead.seconds - 100))
