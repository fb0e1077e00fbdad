title "A path MTU black hole: small segments pass, large ones vanish"
story [[
Somewhere on the path the MTU is smaller, and a firewall drops the ICMP messages that would report it: the handshake works, short requests
work, the first full segment is lost for ever. tcp_mtu_probing = 1 makes TCP try smaller segments once its timer has expired often enough; a
router whose ICMP arrives reveals the path MTU at once.]]

local function attempt(probing, icmp)
	local client, router, server = host "client", host "router", host "server"
	link { client, "10.0.0.2/24", router, "10.0.0.1/24", delay = "5ms" }
	local narrow = link { router, "10.1.0.1/24", server, "10.1.0.2/24", delay = "5ms",
		swallows = not icmp and 1200 or nil, mtu = icmp and 1200 or nil }
	client:route("0.0.0.0/0", "10.0.0.1")
	server:route("0.0.0.0/0", "10.1.0.1")
	router:sysctl("net.ipv4.ip_forward", 1)
	client:sysctl("net.ipv4.tcp_mtu_probing", probing)
	local result = {}
	server:run(function()
		local c = server:listen(80):accept()
		result.hello = c:recv_all(5)
		result.data = #c:recv_all(10000)
		result.when = now()
	end)
	client:run(function()
		local s = client:connect("10.1.0.2", 80)
		s:send "hello"
		sleep(1)
		s:send(("x"):rep(10000))
		sleep(100)
		result.mss = s:getsockopt "TCP_INFO".snd_mss
	end)
	return result
end

local hole, probing, told = attempt(0, false), attempt(1, false), attempt(0, true)
sleep(150)

expect_equal(hole.hello, "hello", "short segments pass")
expect_equal(hole.data, nil, "without probing nothing long ever arrives")
expect_equal(probing.data, 10000, "with probing it does")
expect(probing.when and probing.when > 2, "after some expired timers: " .. tostring(probing.when))
expect(probing.mss and probing.mss < 1160, "in segments that fit: " .. tostring(probing.mss))
expect_equal(told.data, 10000, "with ICMP it does, too")
expect(told.when and told.when < 1.5, "at once: " .. tostring(told.when))
