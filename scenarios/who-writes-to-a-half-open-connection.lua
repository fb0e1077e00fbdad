title "A half-open connection: what happens when either side writes"
story [[
One end has forgotten the connection (it rebooted) or is gone (no power), the other still has it. A program that only reads waits for ever. A write
always succeeds, since it only fills the send buffer. If the other end has rebooted, the answer is RST: the next call gives ECONNRESET, later writes
EPIPE. If it is gone, nothing answers, and ETIMEDOUT comes after tcp_retries2. The end that rebooted has no connection to write to; its old port may
be reused by a new connection, whose SYN is answered with a challenge ACK; the RST for that clears the way.]]

local function half_open(fault, writes)
	local client, server = host "client", host "server"
	link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "10ms" }
	local result = { client = client, server = server }
	server:run(function()
		local c = server:listen(80):accept()
		c:recv(5)
		sleep(60)
		if writes then
			local begun = now()
			result.first = c:send "are you there?"
			result.data, result.err = c:recv(1)
			result.seconds = now() - begun
			result.n, result.later = c:send "hello?"
		else
			c:setsockopt("SO_RCVTIMEO", "10h")
			result.data, result.err = c:recv(1)
		end
	end)
	client:run(function()
		local s = client:socket()
		s:bind("0.0.0.0", 5000)
		s:connect("10.0.0.2", 80)
		s:send "hello"
		sleep(10)
		if fault == "restart" then client:reboot() else client:power_off() end
	end)
	return result
end

local restarted, dead = half_open("restart", true), half_open("power", true)
local silent = half_open("restart", false)
local again = half_open("restart", false)
sleep(30)
again.client:run(function() -- the same port again, while the server still has the old connection
	local s = again.client:socket()
	s:bind("0.0.0.0", 5000)
	local begun = now()
	again.connected = s:connect("10.0.0.2", 80)
	again.seconds = now() - begun
end)
sleep(40000)

expect_equal(restarted.first, 14, "a write into the void succeeds")
expect_equal(restarted.err, "ECONNRESET", "after a restart")
expect_near(restarted.seconds, 0.02, 0.001, "one round trip later")
expect_equal(restarted.later, "EPIPE", "and from then on")
expect_equal(dead.first, 14, "a write into the void succeeds")
expect_equal(dead.err, "ETIMEDOUT", "after a power cut")
expect(dead.seconds > 924 and dead.seconds < 1000, "seconds until tcp_retries2 gives up: " .. dead.seconds)
expect_equal(silent.err, "EAGAIN", "who only reads hears nothing in ten hours")
expect_equal(again.connected, true, "the old port connects again")
expect_near(again.seconds, 0.042, 0.001, "SYN, challenge ACK, RST, and 2 ms later the SYN again")
expect_equal(again.server:counter "TcpExtTCPChallengeACK", 1, "challenge ACKs")
