title "MSS: what a host accepts, not what is sent"
story [[
Books say that the MSS is 1460, from the device. It is the largest segment that a host accepts, announced once, in its SYN, and each
direction has its own. Segments sent are smaller: options take space (1448 bytes with timestamps), and the path may have a smaller MTU. A
peer that announces none is taken to accept 536.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", mtu = 1500, delay = "1ms" }
local said = {}
wire:filter(function(p) if p.mss then said[p.from] = p.mss end end)

local function mss_of(address)
	local listener = server:listen(80)
	local s = client:connect(address or "10.0.0.2", 80)
	local mss = s:getsockopt "TCP_INFO".snd_mss
	s:close()
	listener:close()
	return mss
end

client:run(function()
	expect_equal(mss_of(), 1448, "bytes in a segment")
	expect_equal(said.client .. " and " .. said.server, "1460 and 1460", "said in the SYNs")
	client:sysctl("net.ipv4.tcp_timestamps", 0)
	expect_equal(mss_of(), 1460, "without timestamps")
	local listener = server:socket()
	listener:setsockopt("TCP_MAXSEG", 1000)
	listener:bind("0.0.0.0", 81)
	listener:listen()
	local s = client:connect("10.0.0.2", 81)
	expect_equal(s:getsockopt "TCP_INFO".snd_mss, 1000, "to a server that accepts no more")
	expect_equal(said.server, 1000, "as it said")
end)

