title "Incast: a thousand servers answer at once, and the last port of the switch drops"
story [[
A program asks a thousand machines and they all answer within a millisecond: 20 segments each, 29 MB in all, before a port whose buffer has room
for a few hundred packets. Whoever loses the last segments of its answer has no later one that would show the loss, and waits for its timer: the
port idles for most of 200 ms, the smallest RTO of Linux, though the round trip takes one. A smaller tcp_rto_min_us brings the time back.]]

local senders, size = param("senders", 1000), param("size", 29000)

local function ask(rto_min)
	local net, client = lan "net", host "client"
	local port = net:join(client, "10.0.0.1/8")
	port:set { rate = "1gbit", limit = 400, delay = "100us" }
	local result = { bytes = 0, done = 0, began = now() + 5, hosts = {} }
	for i = 1, senders do
		local server = host("server" .. i)
		result.hosts[i] = server
		net:join(server, string.format("10.1.%d.%d/8", i // 250, i % 250 + 1), { rate = "1gbit", delay = "100us" })
		server:sysctl("net.ipv4.tcp_rto_min_us", rto_min)
		server:run(function()
			local c = server:listen(80):accept()
			c:recv(3)
			c:send(("x"):rep(size))
			c:close()
		end)
		client:run(function()
			local s = client:connect(string.format("10.1.%d.%d", i // 250, i % 250 + 1), 80)
			sleep(math.max(0, result.began - now()))
			s:send "get"
			local n = #s:recv_all(size)
			result.bytes, result.done = result.bytes + n, result.done + 1
			result.seconds = now() - result.began
		end)
	end
	return result
end

local usual = ask(200000)
sleep(60)
local short = ask(2000)
sleep(60)
print("tcp_rto_min_us  seconds  Mbit/s of 1000  timeouts  sent again")
for rto, r in pairs { [2000] = short, [200000] = usual } do
	r.timeouts, r.again, r.mbit = 0, 0, r.bytes * 8 / r.seconds / 1e6
	for _, h in ipairs(r.hosts) do
		r.timeouts, r.again = r.timeouts + h:counter "TcpExtTCPTimeouts", r.again + h:counter "TcpRetransSegs"
	end
	print(string.format("%14d  %7.2f  %14.0f  %8d  %10d", rto, r.seconds, r.mbit, r.timeouts, r.again))
	expect_equal(r.done, senders, "servers that were heard")
	expect_equal(r.bytes, senders * size, "bytes")
	expect(r.timeouts > senders / 2, "timeouts: " .. r.timeouts)
end
expect(usual.mbit < 150, "the port idles: " .. usual.mbit)
expect(short.mbit > 2 * usual.mbit, "and less so with a smaller RTO: " .. short.mbit)
