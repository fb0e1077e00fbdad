title "A NAT silently forgets an idle connection"
story [[
The box between a client and the internet keeps a table of connections. Linux keeps an idle one for five days, many home routers for
minutes. Later packets are dropped silently: the server's data is retransmitted until it gives up. A keepalive interval shorter than the
timeout keeps the entry alive; a box that answers with RST at least reports the loss.]]

local function attempt(keepalive, reset, pause)
	local client, server = host "client", host "server"
	local box = nat { "box", public = "192.0.2.1", established = "5min", reset = reset, loose = false }
	link { client, "10.0.0.2/24", box, "inside", delay = "1ms" }
	link { box, "outside", server, "192.0.2.2/24", delay = "20ms" }
	client:route "0.0.0.0/0"
	local result = {}
	client:run(function()
		local s = client:connect("192.0.2.2", 80)
		if keepalive then s:keepalive(keepalive, 10, 3) end
		result.heard, result.client = s:recv(100)
	end)
	server:run(function()
		local c = server:listen(80):accept()
		sleep(pause)
		c:setsockopt("TCP_USER_TIMEOUT", 60000)
		c:send "news"
		result.data, result.server = c:recv(100)
	end)
	return result
end

local short = attempt(nil, false, 200)
local forgotten = attempt(nil, false, 400)
local kept = attempt(240, false, 4000)
local told = attempt(nil, true, 400)
sleep(5000)

expect_equal(short.heard, "news", "a pause within the box's patience")
expect_equal(forgotten.heard, nil, "after it nothing comes through")
expect_equal(forgotten.server, "ETIMEDOUT", "the server gives up")
expect_equal(forgotten.client, nil, "the client waits for ever")
expect_equal(kept.heard, "news", "with keepalive every 4 minutes, after an hour")
expect_equal(told.server, "ECONNRESET", "a box that answers with RST")
