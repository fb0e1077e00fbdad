title "Throughput is the window divided by the round-trip time: SO_RCVBUF"
story [[
However fast the link, no more than one receive window is in flight. SO_RCVBUF fixes it (Linux doubles the value and reserves a part for
overhead) and disables autotuning. Left alone, the buffer grows with what the program reads, up to tcp_rmem's third value. Setting a buffer
"to be fast" makes a long path slow.]]

local rate, seconds = param("rate", 50e6), param("seconds", 3)

local function throughput(rcvbuf, rtt)
	local client, server = host "client", host "server"
	link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = rtt / 2, rate = rate, limit = 10000 }
	server:sysctl("net.ipv4.tcp_wmem", "4096 16384 16777216")
	local result = {}
	server:run(function()
		local c = server:listen(80):accept()
		while c:send(("x"):rep(65536)) do end
	end)
	client:run(function()
		local s = client:socket()
		if rcvbuf then s:setsockopt("SO_RCVBUF", rcvbuf) end
		s:connect("10.0.0.2", 80)
		local begun, late, count = now(), now() + seconds - 1, 0
		while now() < begun + seconds do
			local data = s:recv(65536)
			if now() >= late then count = count + #data end
		end
		result.mbit = count * 8 / 1e6
		s:close()
	end)
	return result
end

local buffers, rtts = { 16384, 65536, 212992, false }, { 0.01, 0.05, 0.2 }
local cell = {}
for i, b in ipairs(buffers) do
	cell[i] = {}
	for k, rtt in ipairs(rtts) do cell[i][k] = throughput(b, rtt) end
end
sleep(10)

print("Mbit/s of 50       RTT 10 ms   50 ms  200 ms")
for i, b in ipairs(buffers) do
	print(string.format("SO_RCVBUF %-8s  %9.1f  %6.1f  %6.1f", b or "unset", cell[i][1].mbit, cell[i][2].mbit, cell[i][3].mbit))
end
local function expect_mbit(row, column, low, high)
	local got = cell[row][column].mbit
	expect(got >= low and got <= high, string.format("row %d, column %d: %.1f Mbit/s", row, column, got))
end
expect_mbit(1, 1, 10, 20) -- window / RTT: 16 KiB in 10 ms are 13 Mbit/s
expect_mbit(1, 2, 2, 4)
expect_mbit(1, 3, 0.5, 1)
expect_mbit(2, 1, 45, 50)
expect_mbit(2, 3, 2.5, 4)
expect_mbit(3, 3, 8, 13)
for column = 1, 2 do expect_mbit(4, column, 45, 50) end
expect(cell[4][3].mbit > 3 * cell[3][3].mbit, "autotuning on the long path: " .. cell[4][3].mbit)
