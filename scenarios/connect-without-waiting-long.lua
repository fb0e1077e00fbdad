title "connect() to a host that does not answer, and how not to wait two minutes"
story [[
A blocking connect() to an address where nothing answers sends its SYN again for more than two minutes (tcp_syn_retries = 6)
before it fails with ETIMEDOUT. Four ways out: a non-blocking socket and poll(), SO_SNDTIMEO, TCP_SYNCNT, TCP_USER_TIMEOUT.]]

local client, silent = host "client", host "silent"
link { client, "10.0.0.1/24", silent, "10.0.0.2/24", delay = "20ms" }
silent:power_off()

local function attempt(prepare)
	local s, begun = client:socket(), now()
	local ok, err = prepare(s)
	if ok == nil and err == nil then ok, err = s:connect("10.0.0.2", 80) end
	return err, now() - begun
end

client:run(function()
	local err, took = attempt(function(s) end)
	expect_equal(err, "ETIMEDOUT")
	expect_near(took, 131, 5, "seconds of a plain connect()")

	err, took = attempt(function(s)
		s:nonblock(true)
		local _, err = s:connect("10.0.0.2", 80)
		expect_equal(err, "EINPROGRESS")
		return s:poll("POLLOUT", 3)
	end)
	expect_equal(err, "timeout", "poll() waited as long as it was told to")
	expect_near(took, 3, 0.001, "seconds with poll()")

	err, took = attempt(function(s) s:setsockopt("SO_SNDTIMEO", 2) end)
	expect_equal(err, "EINPROGRESS", "SO_SNDTIMEO: the handshake goes on behind our back")
	expect_near(took, 2, 0.001, "seconds with SO_SNDTIMEO")

	err, took = attempt(function(s) s:setsockopt("TCP_SYNCNT", 2) end)
	expect_equal(err, "ETIMEDOUT")
	expect_near(took, 7, 0.1, "seconds with TCP_SYNCNT 2, to which tcp_syn_linear_timeouts adds its four")

	err, took = attempt(function(s) s:setsockopt("TCP_USER_TIMEOUT", 5000) end)
	expect_equal(err, "ETIMEDOUT")
	expect_near(took, 5, 1, "seconds with TCP_USER_TIMEOUT")
end)
