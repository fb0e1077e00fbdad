title "Half-open and embryonic: two things with similar names"
story [[
Books call a connection "half-open" if its handshake is not complete, and also if one end has lost it. RFC 9293 means the second: one end is
ESTABLISHED, the other has forgotten it, and answers data with RST. The first is embryonic: in SYN-RECEIVED, on Linux a request socket, with
a timer that expires by itself. A half-open connection has no timer and stays until one end sends.]]

local client, server, attacker = host "client", host "server", flooder { "attacker" }
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
link { attacker, "", server, "10.0.1.1/24" }
server:route("0.0.0.0/0")
local connection
server:run(function()
	connection = server:listen(80):accept()
	sleep "2d"
end)
client:run(function() client:connect("10.0.0.2", 80) sleep(10) end)
at(1, function() client:reboot() end)
attacker:start { to = "10.0.1.1", port = 80, flags = "S", rate = 1, count = 1, from = "203.0.113.1" }

sleep(2)
expect_equal(server:ss { state = "SYN-RECV" }[1].timer, "on", "timer of the embryonic connection")
expect_equal(server:ss { state = "ESTAB" }[1].timer, "", "timer of the half-open one")
expect_equal(#client:ss(), 0, "connections that the client knows of")
sleep "1h"
expect_equal(#server:ss { state = "SYN-RECV" }, 0, "embryonic after an hour")
expect_equal(#server:ss { state = "ESTAB" }, 1, "half-open after an hour")
connection:send "hello?"
sleep(1)
expect_equal(#server:ss { state = "ESTAB" }, 0, "half-open once it was written to")
expect_equal(client:counter "TcpOutRsts", 1, "RSTs of the client")
