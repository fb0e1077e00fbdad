title "The SYN queue: where it is, and how to see it"
story [[
Books say that each listening socket has a table of half-open connections, which no command shows, and that the last ACK moves the socket
from it to the accept queue. There is no such table: a connection in SYN-RECEIVED is a request socket, a small record in the table of all
connections, and the listener has only a count. `ss -n state syn-recv sport = :80` lists them. The last ACK finds the request socket, and a
full socket is created from it.]]

local client, server, attacker = host "client", host "server", flooder { "attacker" }
link { attacker, "", server, "10.0.1.1/24" }
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
server:route("0.0.0.0/0")
server:listen(80, 2)
server:listen(81, 2)

attacker:start { to = "10.0.1.1", port = 80, flags = "S", rate = 1000, count = 3, from = "203.0.113.0", sources = 256 }
wire:drop(function(p) return p.from == "client" and p.flags == "." end, 1)
client:run(function() client:connect("10.0.0.2", 81) end)

sleep(0.5)
expect_equal(#server:ss { state = "SYN-RECV", port = 80 }, 3, "half-open on port 80")
local one = server:ss { state = "SYN-RECV", port = 81 }[1]
expect_equal(one.peer .. " " .. one.timer, "10.0.0.1 on", "half-open on port 81, and its timer")
expect_near(one.expires, 0.501, 0.001, "seconds until its SYN-ACK is sent again")
expect_equal(server:ss { state = "LISTEN", port = 80 }[1].recv_q, 0, "in the accept queue of port 80")

sleep(1) -- the SYN-ACK came again, and this time the ACK got through
expect_equal(#server:ss { state = "SYN-RECV", port = 81 }, 0, "half-open on port 81 after the ACK")
expect_equal(#server:ss { state = "ESTAB", port = 81 }, 1, "established on port 81")
expect_equal(server:ss { state = "LISTEN", port = 81 }[1].recv_q, 1, "in its accept queue")
