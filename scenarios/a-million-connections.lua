title "Thousands of idle connections: what a million would take"
story [[
No number in TCP limits the connections. What does: memory (measured here on each end, times a million). Descriptors: RLIMIT_NOFILE and fs.nr_open.
Ports: a client address has 28,232 of them for one server port, so that a million clients on few machines need many addresses; the server needs one.
And detection of dead clients: a tenth of them loses power, and only keepalive finds out, spread over its interval. Without it the server holds them
for ever.]]

duration "900s"
local machines, each = 20, param("each", 100) -- --set each=1000: twenty thousand in all
local total = machines * each
local net, server = lan "net", host "server"
net:join(server, "10.0.0.1/8")
local accepted, lost, first, last = 0, 0
local died

server:run(function()
	local listener, set = server:listen(80), server:epoll_create()
	set:ctl("EPOLL_CTL_ADD", listener, "EPOLLIN")
	while true do
		for _, e in ipairs(set:wait(1024)) do
			if e.socket == listener then
				local c = listener:accept()
				c:keepalive(600, 10, 3)
				set:ctl("EPOLL_CTL_ADD", c, "EPOLLRDHUP")
				accepted = accepted + 1
			elseif e.socket:getsockopt "SO_ERROR" == "ETIMEDOUT" then
				e.socket:close()
				lost, first, last = lost + 1, first or now() - died, now() - died
			end
		end
	end
end)
local before = server:memory()
local clients = {}
for m = 1, machines do
	local client = host("client" .. m)
	clients[m] = client
	net:join(client, string.format("10.1.0.%d/8", m))
	client:run(function()
		sleep(m / machines)
		for _ = 1, each do
			client:socket():connect("10.0.0.1", 80)
			sleep "100ms"
		end
	end)
end
sleep(0.1 * each + 5)
expect_equal(accepted, total, "connections")
local bytes = (server:memory() - before) / total
print(string.format("%.0f bytes for a connection on the server's stack: %.0f MB for a million", bytes, bytes))
expect(bytes < 500, "bytes for each: " .. bytes)

died = now()
for m = 1, machines // 10 do clients[m]:power_off() end
sleep(700)
expect_equal(lost, total // 10, "connections that were missed")
print(string.format("%d of %d were missed between %.0f and %.0f s after they had gone", lost, total, first, last))
expect(last < 635, "the last of them, in seconds: " .. last)
expect_equal(#server:ss { state = "ESTAB" }, total - total // 10, "those that are left")

local narrow = host "narrow" -- the ports of an address, here 100 of them
net:join(narrow, { "10.3.0.1/8", "10.3.0.2/8" })
narrow:sysctl("net.ipv4.ip_local_port_range", "40000 40099")
narrow:run(function()
	local count = {}
	for i = 1, 2 do
		while true do
			local s = narrow:socket()
			s:setsockopt("IP_BIND_ADDRESS_NO_PORT", 1)
			s:bind("10.3.0." .. i, 0)
			local ok, err = s:connect("10.0.0.1", 80)
			if not ok then
				expect_equal(err, "EADDRNOTAVAIL", "when the ports of an address are used up")
				break
			end
			count[i] = (count[i] or 0) + 1
		end
		expect_equal(count[i], 100, "connections from address " .. i)
	end
end)
