title "A client that closes first runs out of ports"
story [[
The side that closes first keeps the connection in TIME-WAIT for 60 s, with its port. A client that opens and closes thousands of
connections a minute to one address uses up ip_local_port_range: connect() fails with EADDRNOTAVAIL. tcp_tw_reuse = 1 lets it reuse a port
after a second if both sides use timestamps; better is to keep connections, or to let the server close first.]]

local function connections(reuse)
	local client, server = host "client", host "server"
	link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "1ms" }
	client:sysctl("net.ipv4.ip_local_port_range", "32768 33267")
	client:sysctl("net.ipv4.tcp_tw_reuse", reuse)
	local result = { ok = 0 }
	server:run(function()
		local listener = server:listen(80)
		while true do
			local c = listener:accept()
			server:run(function() c:recv(1) c:close() end)
		end
	end)
	client:run(function()
		for i = 1, 1000 do
			local s, err = client:connect("10.0.0.2", 80)
			if not s then
				result.err = err
				return
			end
			result.ok = result.ok + 1
			s:close()
			sleep(0.02)
		end
	end)
	return result
end

local plain, reused = connections(0), connections(1)
sleep(40)
expect_equal(plain.ok, 500, "as many as there are ports")
expect_equal(plain.err, "EADDRNOTAVAIL")
expect_equal(reused.ok, 1000, "with tcp_tw_reuse = 1")
