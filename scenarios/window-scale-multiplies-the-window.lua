title "Window scale: win 342 means 43,776 bytes"
story [[
Books read "win 342" in a trace as 342 bytes, and take 14 as a shift that gives a window of 31 bits. The field counts units of 2^wscale
bytes: 342 with wscale 7 is 43,776 bytes, and 65,535 << 14 is just below 2^30. Both SYNs must carry the option, and the window of a SYN is
never scaled. The socket option that matters is SO_RCVBUF, and Linux doubles its value.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", mtu = 65535, delay = "1ms" }
client:sysctl("net.ipv4.tcp_rmem", "4096 87380 6291456")
local window, scale = {}, {}
wire:filter(function(p)
	window[p.from .. p.flags] = p.win
	if p.flags:find "S" then scale[p.from] = p.wscale end
end)
server:listen(80)

client:run(function()
	client:connect("10.0.0.2", 80)
	sleep(0.1)
	expect_equal(window["client."], 342, "window in the third packet")
	expect_equal(scale.client, 7, "wscale of the client's SYN")
	expect_equal(window["client."] << scale.client, 43776, "bytes")
	expect_equal(window.clientS, 43690, "window in the SYN, which is not scaled")

	server:sysctl("net.ipv4.tcp_window_scaling", 0)
	client:connect("10.0.0.2", 80)
	sleep(0.1)
	expect_equal(scale.server, nil, "wscale of a server that has none")
	expect_equal(window["client."], 43690, "then the client does not scale, either")

	local s = client:socket()
	s:setsockopt("SO_RCVBUF", 100000)
	expect_equal(s:getsockopt "SO_RCVBUF", 200000, "SO_RCVBUF of 100,000")
	expect(65535 << 14 < 1 << 30, "the largest window")
end)
