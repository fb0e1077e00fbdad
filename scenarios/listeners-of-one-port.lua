title "Two listeners on one port: the address decides"
story [[
Books draw one hash table of listeners by port. The tables are hashed by address and port: a listener bound to a specific address is found
before a wildcard one, however many share the port, and closing it makes the other answer.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, { "10.0.0.2/24", "10.0.0.3/24" }, delay = "1ms" }
local function listener(address, greeting)
	local l = server:socket()
	l:setsockopt("SO_REUSEPORT", 1)
	l:bind(address, 80)
	l:listen()
	server:run(function()
		while true do
			local c = l:accept()
			if not c then return end
			c:send(greeting)
			c:close()
		end
	end)
	return l
end
local special = listener("10.0.0.3", "special")
listener("0.0.0.0", "general")

client:run(function()
	expect_equal(client:connect("10.0.0.2", 80):recv(100), "general", "10.0.0.2")
	expect_equal(client:connect("10.0.0.3", 80):recv(100), "special", "10.0.0.3")
	expect_equal(#server:ss { state = "LISTEN", port = 80 }, 2, "listeners")
	special:close()
	expect_equal(client:connect("10.0.0.3", 80):recv(100), "general", "10.0.0.3 without a listener of its own")
	server:crash()
end)
