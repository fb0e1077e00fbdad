title "Chat: connections that never register, against users who want to connect"
story [[
An attacker opens connections and sends NICK and USER a byte every five seconds, and never finishes; when one is closed it opens the next. Each
occupies one of limits.clients until net.registration expires. So an address holds no more connections than limits.per_address, nor more than
limits.connect_rate lets it open in that time once the burst is used up: 60 per minute for 30 s make 30. Ten addresses still fill 100 places; a
shorter net.registration or a smaller limits.per_address keeps room. Honest users try once, each from an address of its own; the table has how many
get in, and how soon.]]

local settings = {
	{ "1 address, defaults", addresses = 1, limits = {} },
	{ "1 address, no limit of an address", addresses = 1, limits = { per_address = 0, connect_rate = 0 } },
	{ "10 addresses, defaults", addresses = 10, limits = {} },
	{ "10 addresses, registration 5 s", addresses = 10, limits = {}, net = { registration = "5s" } },
	{ "10 addresses, 8 of each", addresses = 10, limits = { per_address = 8 } },
}
local places, attackers, honest = 100, 200, 20
local begins, ends = 70, 100
duration(120)

-- Byte by byte, until the server has enough of it; then again.
local function loris(h)
	while now() < ends do
		local s = h:connect("10.0.0.1", 6667)
		if s then
			local text, i = "NICK loris\r\nUSER loris 0 * :" .. ("x"):rep(300), 0
			s:setsockopt("SO_RCVTIMEO", 5)
			repeat
				i = i + 1
				local sent = s:send(text:sub(i, i))
				local line, err = s:line()
			until not sent or line or err ~= "EAGAIN"
			s:close()
		end
		sleep(1 + random())
	end
end

local function run(setting)
	local server, net = host "server", lan "net"
	local limits = { clients = places }
	setting.waited = {}
	for k, v in pairs(setting.limits) do limits[k] = v end
	net:join(server, "10.0.0.1/8", { delay = "5ms" })
	local chat = server:chat { port = 6667, limits = limits, net = setting.net }
	for a = 1, setting.addresses do
		local h = host("loris" .. a)
		net:join(h, "10.1.0." .. a .. "/8", { delay = "15ms" })
		for _ = 1, attackers // setting.addresses do
			after(random() * 20, function() h:run(function() loris(h) end) end)
		end
	end
	for i = 1, honest do
		local h = host("user" .. i)
		net:join(h, "10.2.0." .. i .. "/8", { delay = "15ms" })
		at(begins + (i - 1) * (ends - begins) / honest, function()
			h:run(function()
				local begun = now()
				local s = h:irc("10.0.0.1", 6667, "user" .. i)
				if not s then return end
				table.insert(setting.waited, now() - begun)
				sleep(2)
				s:close()
			end)
		end)
	end
	at(ends, function()
		setting.held = #server:ss { state = "ESTAB" }
		setting.cut = chat:counter "registration-timeout"
	end)
end

for _, setting in ipairs(settings) do run(setting) end

at(119, function()
	print "let in  longest wait  connections held  attack"
	for _, setting in ipairs(settings) do
		setting.share = #setting.waited / honest
		local longest = 0
		for _, w in ipairs(setting.waited) do longest = math.max(longest, w) end
		print(string.format("%4.0f %%  %9.0f ms  %16d  %s", setting.share * 100, longest * 1000, setting.held, setting[1]))
		expect(longest < 0.1, "who is let in does not wait: " .. longest)
		expect(setting.cut > 0, setting[1] .. ": no connection was cut")
	end
	expect_equal(settings[1].share, 1, "let in beside one address")
	expect(settings[1].held < 40, "held by one address: " .. settings[1].held)
	expect(settings[2].share < 0.2, "let in where no address has a limit")
	expect(settings[3].share < 0.2, "let in beside ten addresses")
	expect_equal(settings[4].share, 1, "let in beside ten addresses that are cut sooner")
	expect_equal(settings[5].share, 1, "let in beside ten addresses with a limit that fits")
end)
