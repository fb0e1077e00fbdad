title "What a SYN cookie keeps of a SYN, and what it loses"
story [[
Books say that the server recovers addresses, ports and the time from its cookie. Addresses and ports are only verified: the cookie is the
server's initial sequence number, a hash of them, which comes back in the last ACK of the handshake. All it carries is one of four MSS
values. Window scale, SACK and ECN are encoded in the timestamp, if the client sends one; without timestamps the SYN-ACK offers MSS alone.]]

local function handshake(timestamps, mtu)
	local client, server = host("client" .. timestamps .. mtu), host("server" .. timestamps .. mtu)
	local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", mtu = mtu, delay = "1ms" }
	local syn_ack
	wire:filter(function(p) if p.flags == "S." then syn_ack = p end end)
	client:sysctl("net.ipv4.tcp_timestamps", timestamps)
	server:sysctl("net.ipv4.tcp_syncookies", 2)
	local listener = server:listen(80)
	local accepted
	server:run(function() accepted = listener:accept() sleep(2) end)
	client:run(function() client:connect("10.0.0.2", 80) sleep(2) end)
	sleep(1)
	expect_equal(server:counter "TcpExtSyncookiesRecv", 1, "handshakes by cookie")
	return syn_ack, accepted:getsockopt "TCP_INFO".snd_mss
end

local syn_ack, mss = handshake(1, 1500)
expect(syn_ack.wscale and syn_ack.sack_ok and syn_ack.tsval, "with timestamps: window scale and SACK, too")
expect_equal(mss, 1460 - 12, "MSS, less 12 bytes of timestamps")

syn_ack, mss = handshake(0, 1500)
expect(syn_ack.mss and not syn_ack.wscale and not syn_ack.sack_ok, "without: MSS alone")
expect_equal(mss, 1460, "MSS of the client, which is one of the four")

syn_ack, mss = handshake(0, 1440)
expect_equal(mss, 1300, "MSS of a client that said 1400: the next lower of 536, 1300, 1440, 1460")
