title "A flood of ACKs costs nothing, unless SYN cookies were in use just now"
story [[
Books say that a flood of forged ACKs makes a server with SYN cookies compute a hash for each. It does so only if its listener has
overflowed a short while ago; otherwise no cookie can be valid, and 200 ACKs are answered with 200 RSTs without checking a cookie.]]

local server, attacker = host "server", flooder { "attacker" }
link { attacker, "", server, "10.0.0.1/24" }
server:route("0.0.0.0/0")
server:listen(80, 8)

local function flood(flags, count)
	attacker:start { to = "10.0.0.1", port = 80, flags = flags, rate = 1000, count = count, from = "203.0.113.0", sources = 200 }
	sleep(1)
end

flood("A", 200)
expect_equal(server:counter "TcpOutRsts", 200, "RSTs for 200 ACKs")
expect_equal(server:counter "TcpExtSyncookiesFailed", 0, "cookies looked at")

flood("S", 40) -- the queue overflows
flood("A", 200)
expect_equal(server:counter "TcpExtSyncookiesFailed", 200, "cookies looked at after an overflow")
expect_equal(server:counter "TcpOutRsts", 400, "RSTs for 400 ACKs")

sleep(300) -- no cookie is valid any more
flood("A", 200)
expect_equal(server:counter "TcpExtSyncookiesFailed", 200, "cookies looked at five minutes later")
