title "What limits the SYN queue"
story [[
Books say: tcp_max_syn_backlog, 2048. The limit is the backlog of listen(), which somaxconn caps at 4096 since Linux 5.4 (128 before).
tcp_max_syn_backlog only matters with tcp_syncookies = 0, and its last quarter is reserved for peers with a proven path: with 8, unknown
hosts share 7 places. Under a flood fewer SYN-ACK retries free places sooner: 3 s with one, 63 s with five.]]

local function flooded(name, count, settings)
	local server, attacker = host(name), flooder { "attacker of " .. name }
	link { attacker, "", server, "10.0.0.1/24" }
	server:route("0.0.0.0/0")
	for parameter, value in pairs(settings) do server:sysctl(parameter, value) end
	server:listen(80, 65535)
	attacker:start { to = "10.0.0.1", port = 80, flags = "S", rate = 10000, count = count, from = "203.0.113.0", sources = 256 }
	return server
end

local plain = flooded("plain", 5000, {})
local small = flooded("small", 40, { ["net.ipv4.tcp_syncookies"] = 0, ["net.ipv4.tcp_max_syn_backlog"] = 8 })
local brief = flooded("brief", 100, { ["net.ipv4.tcp_synack_retries"] = 1 })

sleep(0.9)
expect_equal(plain:sysctl "net.core.somaxconn", 4096, "somaxconn")
expect_equal(plain:ss { state = "LISTEN" }[1].send_q, 4096, "backlog of listen(65535)")
expect_equal(#plain:ss { state = "SYN-RECV" }, 4097, "half-open of 5,000 SYNs")
expect_equal(#small:ss { state = "SYN-RECV" }, 7, "half-open with tcp_max_syn_backlog = 8")
expect_equal(small:counter "TcpExtListenDrops", 33, "SYNs that were dropped")
expect_equal(#brief:ss { state = "SYN-RECV" }, 100, "half-open before 3 s")
while #brief:ss { state = "SYN-RECV" } > 0 do sleep(0.1) end
expect_near(now(), 3, 0.2, "half-open until, with one retry")
